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
/// A ticket is 24 bytes and keeps the small result record of its batch alive (not the batch's data); it
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

  /// For the library: row `row` of the batch that `result` belongs to.
  Ticket(std::shared_ptr<internal::BatchResult> result, std::uint32_t row) : result_(std::move(result)), row_(row) {}

 private:
  std::shared_ptr<internal::BatchResult> result_;
  std::uint32_t row_;
};

}  // namespace bxb
