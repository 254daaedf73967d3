#include "write/commit_step.h"

#include <gtest/gtest.h>

#include <string>

#include "bxb/internal/server_error.h"

namespace bxb::write {
namespace {

constexpr Recourse kKeyed = {.can_merge = true};
constexpr Recourse kKeyless = {};
constexpr Recourse kLedger = {.has_ledger = true};

FailedAttempt Refused(const std::string& sqlstate) {
  const ServerError error = {.sqlstate = sqlstate, .message = "m"};
  return {.status = internal::WithServerError(absl::InternalError("m"), error), .end_sent = true};
}

FailedAttempt LostConnection(bool end_sent) {
  return {.status = absl::UnavailableError("gone"), .connection_lost = true, .end_sent = end_sent};
}

TEST(CommitStep, MergesWhenAUniqueIndexIsViolated) {
  EXPECT_EQ(NextStep(Refused("23505"), kKeyed), CommitStep::kMerge);
}

TEST(CommitStep, LooksForTheRowThatViolatesAUniqueIndexWhereThereIsNoKey) {
  EXPECT_EQ(NextStep(Refused("23505"), kKeyless), CommitStep::kIsolate);
  EXPECT_EQ(NextStep(Refused("23505"), kLedger), CommitStep::kIsolate);
}

TEST(CommitStep, TakesTheLedgersWordThatTheBatchIsCommitted) {
  const ServerError error = {.sqlstate = "23505", .message = "m", .constraint = "bxb_ledger_pkey"};
  const FailedAttempt attempt = {.status = internal::WithServerError(absl::InternalError("m"), error)};
  EXPECT_EQ(NextStep(attempt, kLedger), CommitStep::kCommitted);
  EXPECT_EQ(NextStep(attempt, kKeyless), CommitStep::kIsolate);
}

TEST(CommitStep, LooksForABadRow) {
  for (const char* sqlstate :
       {"22P02", "23502", "23503", "23514", "P0001", "P0004", "54000", "21000", "XX000", "MY001"}) {
    EXPECT_EQ(NextStep(Refused(sqlstate), kKeyed), CommitStep::kIsolate) << sqlstate;
  }
}

TEST(CommitStep, LooksForTheRowWhoseTriggerFailed) {
  FailedAttempt attempt = Refused("42883");
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kReject);
  attempt.line = 7;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kIsolate);
}

TEST(CommitStep, NeverMergesAMergeAgainForADuplicate) {
  FailedAttempt attempt = Refused("23505");
  attempt.merging = true;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kIsolate);
}

TEST(CommitStep, RetriesWhatMayPassLater) {
  for (const char* sqlstate : {"2200H", "40001", "40P01", "55P03", "57014", "53100", "53300", "25006", "57P03"}) {
    EXPECT_EQ(NextStep(Refused(sqlstate), kKeyed), CommitStep::kRetry) << sqlstate;
  }
}

TEST(CommitStep, RejectsWhatNeverPasses) {
  for (const char* sqlstate : {"42501", "42P01", "0A000", "28000", ""}) {
    EXPECT_EQ(NextStep(Refused(sqlstate), kKeyed), CommitStep::kReject) << sqlstate;
  }
}

TEST(CommitStep, SendsThroughTheRootWhatAPartitionRefuses) {
  for (const char* sqlstate : {"42P01", "42703", "42809", "23502", "22P02", "P0001"}) {
    FailedAttempt attempt = Refused(sqlstate);
    attempt.partitioned = true;
    EXPECT_NE(NextStep(attempt, kKeyed), CommitStep::kReroute) << sqlstate;
    attempt.routed = true;
    EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kReroute) << sqlstate;
  }
}

TEST(CommitStep, MergesAndRetriesWhatAPartitionSaysToo) {
  FailedAttempt attempt = Refused("23505");
  attempt.partitioned = attempt.routed = true;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kMerge);
  attempt.status = Refused("40P01").status;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kRetry);
}

TEST(CommitStep, ReadsThePartitionsAnewWhenARowFindsNone) {
  const ServerError error = {.sqlstate = "23514", .message = "m", .context = "COPY events, line 1", .table = "events"};
  FailedAttempt attempt = {.status = internal::WithServerError(absl::InternalError("m"), error)};
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kIsolate);
  attempt.partitioned = true;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kReroute);
}

TEST(CommitStep, LooksForTheRowThatViolatesACheckOfAPartitionedTable) {
  const ServerError error = {.sqlstate = "23514", .message = "m", .constraint = "positive", .table = "events"};
  FailedAttempt attempt = {.status = internal::WithServerError(absl::InternalError("m"), error), .partitioned = true};
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kIsolate);
}

TEST(CommitStep, WaitsForAPartitionThatCannotBeCreatedYet) {
  FailedAttempt attempt = Refused("55P03");
  attempt.homeless = true;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kRetry);
}

TEST(CommitStep, RetriesAConnectionLostBeforeTheEndMarker) {
  EXPECT_EQ(NextStep(LostConnection(/*end_sent=*/false), kKeyed), CommitStep::kRetry);
}

TEST(CommitStep, DoubtsAConnectionLostAfterTheEndMarker) {
  EXPECT_EQ(NextStep(LostConnection(/*end_sent=*/true), kKeyed), CommitStep::kInDoubt);
}

TEST(CommitStep, DoubtsALostConnectionWhateverTheServerSaidLast) {
  FailedAttempt attempt = Refused("57P01");
  attempt.connection_lost = true;
  EXPECT_EQ(NextStep(attempt, kKeyed), CommitStep::kInDoubt);
}

}  // namespace
}  // namespace bxb::write
