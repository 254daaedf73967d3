#include "bxb/internal/copy_reader.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"

namespace bxb::internal {
namespace {

// Bits 16 to 31 of the flags change the format; of these only "the tuples have OIDs" was ever used.
constexpr std::uint32_t kCriticalFlags = 0xFFFF0000;

// The bytes of the tuple at the start of `in`; nullopt where it is not there as a whole.
absl::StatusOr<std::optional<std::size_t>> TupleBytes(std::string_view in, std::size_t fields) {
  std::size_t at = sizeof(std::int16_t);
  for (std::size_t field = 0; field < fields; ++field) {
    if (in.size() < at + sizeof(std::int32_t)) return std::nullopt;
    const auto length = GetBig<std::int32_t>(in.data() + at);
    if (length < -1) return absl::DataLossError(fmt::format("a field of {} bytes in a COPY stream", length));
    at += sizeof(length) + static_cast<std::size_t>(length == -1 ? 0 : length);
  }
  return at <= in.size() ? std::optional(at) : std::nullopt;
}

}  // namespace

void CopyReader::Feed(std::string_view bytes) {
  buffer_.erase(0, position_);
  position_ = 0;
  buffer_.append(bytes);
}

absl::StatusOr<std::optional<std::string_view>> CopyReader::Next() {
  if (!status_.ok()) return status_;
  auto tuple = Step();
  status_ = tuple.status();
  return tuple;
}

absl::StatusOr<std::optional<std::string_view>> CopyReader::Step() {
  if (state_ == State::kHeader) {
    const auto taken = TakeHeader();
    if (!taken.ok()) return taken.status();
    if (!*taken) return std::nullopt;
  }
  if (state_ == State::kTuples) return TakeTuple();
  if (!Rest().empty()) return absl::DataLossError("bytes after the end of a COPY stream");
  return std::nullopt;
}

absl::StatusOr<bool> CopyReader::TakeHeader() {
  const std::string_view rest = Rest();
  const std::string_view signature = kCopyHeader.substr(0, kCopySignatureBytes);
  if (rest.substr(0, signature.size()) != signature.substr(0, rest.size())) {
    return absl::DataLossError("not a COPY BINARY stream: the signature is wrong");
  }
  if (rest.size() < kCopyHeader.size()) return false;
  const auto flags = GetBig<std::uint32_t>(rest.data() + signature.size());
  if ((flags & kCriticalFlags) != 0) {
    return absl::DataLossError(fmt::format("a COPY BINARY stream with unknown flags {:#x}", flags));
  }
  const auto extension = GetBig<std::int32_t>(rest.data() + signature.size() + sizeof(flags));
  if (extension < 0) return absl::DataLossError("a COPY BINARY stream with a header extension of negative length");
  const std::size_t size = kCopyHeader.size() + static_cast<std::size_t>(extension);
  if (rest.size() < size) return false;
  position_ += size;
  state_ = State::kTuples;
  return true;
}

absl::StatusOr<std::optional<std::string_view>> CopyReader::TakeTuple() {
  const std::string_view rest = Rest();
  if (rest.size() < sizeof(std::int16_t)) return std::nullopt;
  if (rest.starts_with(kCopyTrailer)) {
    position_ += kCopyTrailer.size();
    state_ = State::kDone;
    return Step();
  }
  const auto count = GetBig<std::int16_t>(rest.data());
  if (count < 0 || static_cast<std::size_t>(count) != fields_) {
    return absl::DataLossError(fmt::format("a tuple of {} fields in a COPY stream, not {}", count, fields_));
  }
  const auto bytes = TupleBytes(rest, fields_);
  if (!bytes.ok()) return bytes.status();
  if (!*bytes) return std::nullopt;
  position_ += **bytes;
  return rest.substr(0, **bytes);
}

absl::Status CopyReader::Finish() const {
  if (!status_.ok() || done()) return status_;
  return absl::DataLossError("a COPY stream that breaks off before its end");
}

}  // namespace bxb::internal
