#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bxb/status.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "testing/ask.h"

namespace bxb::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

std::string CountRows(const EphemeralPostgres& server) { return Ask(server, "SELECT count(*) FROM t"); }

void ExpectReplayed(EphemeralPostgres& standby, const EphemeralPostgres& primary) {
  const absl::Status replayed = standby.WaitForReplay(primary, kPatience);
  EXPECT_TRUE(replayed.ok()) << replayed;
}

/// A primary and its standby for all tests that leave the two running.
class Standby : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    primary = EphemeralPostgres::Start().value();
    const absl::Time begin = absl::Now();
    standby = primary->StartStandby("s1").value();
    RecordProperty("standby_start_milliseconds", static_cast<int>(absl::ToInt64Milliseconds(absl::Now() - begin)));
  }

  static void TearDownTestSuite() {
    standby.reset();
    primary.reset();
  }

  void SetUp() override {
    Execute(*primary, "DROP TABLE IF EXISTS t; CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    CatchUp();
  }

  static void CatchUp() { ExpectReplayed(*standby, *primary); }

  static inline std::unique_ptr<EphemeralPostgres> primary;
  static inline std::unique_ptr<EphemeralPostgres> standby;
};

TEST_F(Standby, IsStreaming) {
  EXPECT_EQ(Ask(*standby, "SELECT pg_is_in_recovery()"), "t");
  EXPECT_EQ(Ask(*primary, "SELECT application_name FROM pg_stat_replication"), "s1");
  EXPECT_EQ(Ask(*standby, "SHOW cluster_name"), "s1");
}

TEST_F(Standby, Follows) {
  Execute(*primary, "INSERT INTO t SELECT generate_series(2, 10000)");
  CatchUp();
  EXPECT_EQ(CountRows(*standby), "10000");
}

TEST_F(Standby, RefusesWrites) { EXPECT_EQ(SqlStateOf(standby->Query("INSERT INTO t VALUES (2)").status()), "25006"); }

TEST_F(Standby, PausedReplayStandsStill) {
  ASSERT_TRUE(standby->PauseReplay().ok());
  Execute(*primary, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(standby->WaitForReplay(*primary, absl::Milliseconds(500)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(CountRows(*standby), "1");
  ASSERT_TRUE(standby->ResumeReplay().ok());
  CatchUp();
  EXPECT_EQ(CountRows(*standby), "2");
}

TEST_F(Standby, CatchesUpAfterBeingStopped) {
  ASSERT_TRUE(standby->Stop().ok());
  Execute(*primary, "INSERT INTO t VALUES (2); SELECT pg_switch_wal()");
  Execute(*primary, "CHECKPOINT");
  ASSERT_TRUE(standby->Restart().ok());
  CatchUp();
  EXPECT_EQ(CountRows(*standby), "2");
}

TEST_F(Standby, FollowsAgainAfterThePrimaryCrashed) {
  ASSERT_TRUE(primary->Kill().ok());
  ASSERT_TRUE(primary->Restart().ok());
  Execute(*primary, "INSERT INTO t VALUES (2)");
  CatchUp();
  EXPECT_EQ(CountRows(*standby), "2");
}

TEST_F(Standby, MayBeOneOfSeveral) {
  const auto other = primary->StartStandby("s2", {.settings = {{"work_mem", "5MB"}}}).value();
  EXPECT_EQ(
      Ask(*primary, "SELECT string_agg(application_name, ',' ORDER BY application_name) FROM pg_stat_replication"),
      "s1,s2");
  EXPECT_EQ(Ask(*other, "SHOW work_mem"), "5MB");
}

TEST_F(Standby, HasWhatWasWrittenBeforeItStarted) {
  Execute(*primary, "INSERT INTO t SELECT generate_series(2, 100000)");
  const auto other = primary->StartStandby("s2").value();
  ExpectReplayed(*other, *primary);
  EXPECT_EQ(CountRows(*other), "100000");
}

TEST(SynchronousStandby, HasAppliedWhatWasAcknowledged) {
  const auto primary = EphemeralPostgres::Start(
                           {.settings = {{"synchronous_standby_names", "s1"}, {"synchronous_commit", "remote_apply"}}})
                           .value();
  const auto standby = primary->StartStandby("s1").value();
  Execute(*primary, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  EXPECT_EQ(CountRows(*standby), "1");
}

TEST(StandbyWithoutPrimary, IsPromotedAndAcceptsWrites) {
  auto primary = EphemeralPostgres::Start().value();
  Execute(*primary, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const auto standby = primary->StartStandby("s1").value();
  ExpectReplayed(*standby, *primary);
  primary.reset();
  EXPECT_EQ(CountRows(*standby), "1");
  const absl::Status promoted = standby->Promote();
  ASSERT_TRUE(promoted.ok()) << promoted;
  Execute(*standby, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(CountRows(*standby), "2");
}

TEST(StandbyWithoutPrimary, CannotBeMade) {
  const auto primary = EphemeralPostgres::Start().value();
  ASSERT_TRUE(primary->Stop().ok());
  EXPECT_FALSE(primary->StartStandby("s1").ok());
}

}  // namespace
}  // namespace bxb::testing
