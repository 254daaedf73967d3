#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "bxb/outcome.h"

namespace bxb {

namespace internal {
class BatchResult;
}  // namespace internal

/// The claim check for one written event: holds its place until the outcome is known.
///
/// A ticket is 32 bytes and keeps the small result record of its batch alive (not the batch's data); it
/// stays valid after the writer is gone. Drop it freely if Flush's report is enough.
///
/// Thread safety: different threads may use different copies at the same time.
class Ticket {
 public:
  /// The outcome if it is known by now.
  std::optional<Outcome> TryGet() const;

  /// Blocks until the outcome is known, at most for `timeout`. After that the answer is kUnknown with
  /// DeadlineExceeded: the event is still on its way, and the same ticket may be asked again.
  Outcome Wait(absl::Duration timeout) const;

  /// What an event is to the row that its ticket looks at.
  enum class Share : std::uint8_t {
    kOwn,     ///< it is that row
    kJoined,  ///< it repeats that row, and shares its fate
  };

  /// For the library: row `row` of the batch that `result` belongs to.
  Ticket(std::shared_ptr<internal::BatchResult> result, std::uint32_t row, Share share)
      : result_(std::move(result)), row_(row), share_(share) {}

  /// For the library: a duplicate that was found without the server.
  Ticket(const ReadToken& token, Durability durability, std::optional<bool> payload_differed)
      : durability_(durability), payload_differed_(payload_differed), timeline_(token.timeline), lsn_(token.lsn) {}

 private:
  std::optional<Outcome> Await(std::optional<absl::Duration> timeout) const;

  std::shared_ptr<internal::BatchResult> result_;  ///< null for a duplicate that was found without the server
  std::uint32_t row_ = 0;
  Share share_ = Share::kOwn;
  Durability durability_ = Durability::kNone;
  std::optional<bool> payload_differed_;
  std::uint32_t timeline_ = 0;
  Lsn lsn_ = {};
};

}  // namespace bxb
