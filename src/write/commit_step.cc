#include "write/commit_step.h"

#include "bxb/status.h"
#include "pq/sqlstate.h"
#include "schema/ledger.h"

namespace bxb::write {

namespace {

// A time that has no partition is told with a table but no constraint; a trigger's own errors of that code have no
// table.
bool IsWithoutPartition(const FailedAttempt& attempt, const ServerError& error) {
  return attempt.partitioned && error.sqlstate == "23514" && error.constraint.empty() && !error.table.empty();
}

CommitStep StepForError(const FailedAttempt& attempt, const ServerError& error, Recourse recourse) {
  switch (pq::Classify(error.sqlstate)) {
    case pq::ErrorClass::kUniqueViolation:
      if (recourse.has_ledger && error.constraint == schema::kLedgerConstraint) return CommitStep::kCommitted;
      // Which index it is does not matter, and a partition's has another name: a merge skips what violates the
      // dedup index and fails at any other.
      return recourse.can_merge && !attempt.merging ? CommitStep::kMerge : CommitStep::kIsolate;
    case pq::ErrorClass::kTransient:
    case pq::ErrorClass::kConnection:
    case pq::ErrorClass::kResources:
      return CommitStep::kRetry;
    case pq::ErrorClass::kBadRow:
      return CommitStep::kIsolate;
    case pq::ErrorClass::kPermanent:
      // With a line it is a trigger's or a type's own trouble with that row.
      return attempt.line ? CommitStep::kIsolate : CommitStep::kReject;
  }
  return CommitStep::kReject;
}

}  // namespace

CommitStep NextStep(const FailedAttempt& attempt, Recourse recourse) {
  if (attempt.connection_lost) return attempt.end_sent ? CommitStep::kInDoubt : CommitStep::kRetry;
  if (attempt.homeless) return CommitStep::kRetry;
  const ServerError error = ServerErrorOf(attempt.status);
  if (IsWithoutPartition(attempt, error)) return CommitStep::kReroute;
  const CommitStep step = StepForError(attempt, error, recourse);
  // What has the partition's name now may be something else: only the root's word counts against a row.
  const bool refused = step == CommitStep::kIsolate || step == CommitStep::kReject;
  return attempt.routed && refused ? CommitStep::kReroute : step;
}

}  // namespace bxb::write
