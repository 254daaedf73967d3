#include "write/batch_result.h"

#include <algorithm>
#include <utility>

#include "bxb/ticket.h"

namespace bxb {
namespace write {
namespace {

Outcome DuplicateOf(Outcome outcome, std::optional<bool> payload_differed) {
  outcome.kind = Outcome::Kind::kDuplicate;
  outcome.payload_differed = payload_differed;
  return outcome;
}

}  // namespace

Outcome BatchOutcome::Of(std::uint32_t row) const {
  switch (fates.empty() ? Fate::kCommon : fates[row]) {
    case Fate::kCommon:
      return common;
    case Fate::kDuplicate:
      return DuplicateOf(common, std::nullopt);
    case Fate::kDuplicateSame:
      return DuplicateOf(common, false);
    case Fate::kDuplicateDifferent:
      return DuplicateOf(common, true);
    case Fate::kFailed:
      break;
  }
  const auto failure = std::ranges::lower_bound(failures, row, {}, &Failure::row);
  return {.kind = failure->kind, .status = failure->status};
}

// Only equal content joins.
Outcome OutcomeOfRepeat(Outcome first) {
  return first.kind == Outcome::Kind::kInserted ? DuplicateOf(std::move(first), false) : first;
}

}  // namespace write

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

std::optional<Outcome> Ticket::Await(std::optional<absl::Duration> timeout) const {
  if (result_ == nullptr) {
    return Outcome{.kind = Outcome::Kind::kDuplicate,
                   .durability = durability_,
                   .lsn = lsn_,
                   .timeline = timeline_,
                   .payload_differed = payload_differed_};
  }
  auto outcome = result_->Wait(row_, timeout ? pq::After(*timeout) : pq::Deadline::min());
  if (outcome && share_ == Share::kJoined) return write::OutcomeOfRepeat(*std::move(outcome));
  return outcome;
}

std::optional<Outcome> Ticket::TryGet() const { return Await(std::nullopt); }

Outcome Ticket::Wait(absl::Duration timeout) const {
  if (auto outcome = Await(timeout)) return *std::move(outcome);
  return {.kind = Outcome::Kind::kUnknown,
          .status = absl::DeadlineExceededError("no outcome yet: the event is still on its way")};
}

}  // namespace bxb
