#include "write/commit_step.h"

#include <gtest/gtest.h>

#include <string>

#include "bxb/internal/server_error.h"

namespace bxb::write {
namespace {

FailedAttempt Refused(const std::string& sqlstate) {
  const ServerError error = {.sqlstate = sqlstate, .message = "m"};
  return {.status = internal::WithServerError(absl::InternalError("m"), error), .end_sent = true};
}

FailedAttempt LostConnection(bool end_sent) {
  return {.status = absl::UnavailableError("gone"), .connection_lost = true, .end_sent = end_sent};
}

TEST(CommitStep, MergesWhenAUniqueIndexIsViolated) {
  EXPECT_EQ(NextStep(Refused("23505"), /*can_merge=*/true), CommitStep::kMerge);
}

TEST(CommitStep, RejectsAUniqueViolationWhereThereIsNoKey) {
  EXPECT_EQ(NextStep(Refused("23505"), /*can_merge=*/false), CommitStep::kReject);
}

TEST(CommitStep, NeverMergesAMergeAgainForADuplicate) {
  FailedAttempt attempt = Refused("23505");
  attempt.merging = true;
  EXPECT_EQ(NextStep(attempt, /*can_merge=*/true), CommitStep::kReject);
}

TEST(CommitStep, RetriesWhatMayPassLater) {
  for (const char* sqlstate : {"40001", "40P01", "55P03", "57014", "53100", "53300", "25006", "57P03"}) {
    EXPECT_EQ(NextStep(Refused(sqlstate), /*can_merge=*/true), CommitStep::kRetry) << sqlstate;
  }
}

TEST(CommitStep, RejectsWhatNeverPasses) {
  for (const char* sqlstate : {"22P02", "23514", "42501", "42P01", "0A000", "XX000", ""}) {
    EXPECT_EQ(NextStep(Refused(sqlstate), /*can_merge=*/true), CommitStep::kReject) << sqlstate;
  }
}

TEST(CommitStep, RetriesAConnectionLostBeforeTheEndMarker) {
  EXPECT_EQ(NextStep(LostConnection(/*end_sent=*/false), /*can_merge=*/true), CommitStep::kRetry);
}

TEST(CommitStep, DoubtsAConnectionLostAfterTheEndMarker) {
  EXPECT_EQ(NextStep(LostConnection(/*end_sent=*/true), /*can_merge=*/true), CommitStep::kInDoubt);
}

TEST(CommitStep, DoubtsALostConnectionWhateverTheServerSaidLast) {
  FailedAttempt attempt = Refused("57P01");
  attempt.connection_lost = true;
  EXPECT_EQ(NextStep(attempt, /*can_merge=*/true), CommitStep::kInDoubt);
}

}  // namespace
}  // namespace bxb::write
