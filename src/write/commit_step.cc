#include "write/commit_step.h"

#include <algorithm>

#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::write {

CommitStep NextStep(const FailedAttempt& attempt, std::span<const std::string> dedup_indexes) {
  if (attempt.connection_lost) return attempt.end_sent ? CommitStep::kInDoubt : CommitStep::kRetry;
  const ServerError error = ServerErrorOf(attempt.status);
  switch (pq::Classify(error.sqlstate)) {
    case pq::ErrorClass::kUniqueViolation: {
      const bool duplicate = std::ranges::find(dedup_indexes, error.constraint) != dedup_indexes.end();
      return duplicate && !attempt.merging ? CommitStep::kMerge : CommitStep::kReject;
    }
    case pq::ErrorClass::kTransient:
    case pq::ErrorClass::kConnection:
    case pq::ErrorClass::kResources:
      return CommitStep::kRetry;
    case pq::ErrorClass::kBadRow:
    case pq::ErrorClass::kPermanent:
      return CommitStep::kReject;
  }
  return CommitStep::kReject;
}

}  // namespace bxb::write
