#include "write/batch_result.h"

#include <utility>

#include "bxb/ticket.h"

namespace bxb {
namespace internal {

void BatchResult::Resolve(write::BatchOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
  }
  resolved_.notify_all();
}

std::optional<Outcome> BatchResult::Wait(std::uint32_t row, pq::Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!resolved_.wait_until(lock, deadline, [this] { return outcome_.has_value(); })) return std::nullopt;
  return outcome_->Of(row);
}

}  // namespace internal

std::optional<Outcome> Ticket::TryGet() const { return result_->Wait(row_, pq::Deadline::min()); }

Outcome Ticket::Wait(absl::Duration timeout) const {
  if (auto outcome = result_->Wait(row_, pq::After(timeout))) return *std::move(outcome);
  return {.kind = Outcome::Kind::kUnknown,
          .durability = Durability::kNone,
          .lsn = {},
          .status = absl::DeadlineExceededError("no outcome yet: the event is still on its way")};
}

}  // namespace bxb
