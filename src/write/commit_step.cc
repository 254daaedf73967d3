#include "write/commit_step.h"

#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::write {

CommitStep NextStep(const FailedAttempt& attempt, bool can_merge) {
  if (attempt.connection_lost) return attempt.end_sent ? CommitStep::kInDoubt : CommitStep::kRetry;
  switch (pq::Classify(SqlStateOf(attempt.status))) {
    case pq::ErrorClass::kUniqueViolation:
      // Which index it is does not matter, and a partition's has another name: a merge skips what violates the
      // dedup index and fails at any other.
      return can_merge && !attempt.merging ? CommitStep::kMerge : CommitStep::kReject;
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
