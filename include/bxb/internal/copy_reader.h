#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace bxb::internal {

/// Takes a COPY BINARY stream apart into its tuples, as the bytes arrive:
///
///     reader.Feed(chunk);
///     for (;;) {
///       auto tuple = reader.Next();               // DataLoss: this is no COPY BINARY stream
///       if (!tuple.ok()) return tuple.status();
///       if (!*tuple) break;                       // the rest has yet to come, or reader.done()
///       auto row = codec.Decode(**tuple);
///     }
///
/// Memory is bounded by the largest chunk and the largest tuple. Thread-compatible.
class CopyReader {
 public:
  /// `fields` is the number of fields that every tuple must have.
  explicit CopyReader(std::size_t fields) : fields_(fields) {}

  /// Adds bytes; ends the life of the tuples given out so far.
  void Feed(std::string_view bytes);

  /// The next whole tuple, or nullopt where it has not arrived yet or the trailer was read. After an error
  /// every call returns it again.
  absl::StatusOr<std::optional<std::string_view>> Next();

  /// Whether the trailer was read: the stream is complete.
  bool done() const { return state_ == State::kDone; }

  /// OK when the stream is complete; DataLoss where it broke off.
  absl::Status Finish() const;

 private:
  enum class State { kHeader, kTuples, kDone };

  std::string_view Rest() const { return std::string_view(buffer_).substr(position_); }
  absl::StatusOr<std::optional<std::string_view>> Step();
  absl::StatusOr<bool> TakeHeader();
  absl::StatusOr<std::optional<std::string_view>> TakeTuple();

  const std::size_t fields_;
  State state_ = State::kHeader;
  absl::Status status_;
  std::string buffer_;
  std::size_t position_ = 0;
};

}  // namespace bxb::internal
