#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "testing/ask.h"

namespace bxb::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);

class Standby : public ::testing::Test {
 protected:
  void SetUp() override { Execute(*primary_, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"); }

  void CatchUp() {
    const absl::Status replayed = standby_->WaitForReplay(*primary_, kPatience);
    ASSERT_TRUE(replayed.ok()) << replayed;
  }

  static std::string CountRows(const EphemeralPostgres& server) { return Ask(server, "SELECT count(*) FROM t"); }

  std::unique_ptr<EphemeralPostgres> primary_ = EphemeralPostgres::Start().value();
  const absl::Time begin_ = absl::Now();
  std::unique_ptr<EphemeralPostgres> standby_ = primary_->StartStandby("s1").value();
  const absl::Duration start_time_ = absl::Now() - begin_;
};

TEST_F(Standby, IsStreamingWhenItIsReturned) {
  RecordProperty("start_milliseconds", static_cast<int>(absl::ToInt64Milliseconds(start_time_)));
  EXPECT_EQ(Ask(*standby_, "SELECT pg_is_in_recovery()"), "t");
  EXPECT_EQ(Ask(*primary_, "SELECT application_name FROM pg_stat_replication"), "s1");
  EXPECT_EQ(Ask(*standby_, "SHOW cluster_name"), "s1");
}

TEST_F(Standby, Follows) {
  Execute(*primary_, "INSERT INTO t SELECT generate_series(2, 10000)");
  CatchUp();
  EXPECT_EQ(CountRows(*standby_), "10000");
}

TEST_F(Standby, RefusesWrites) {
  CatchUp();
  EXPECT_THAT(standby_->Query("INSERT INTO t VALUES (2)").status().ToString(), HasSubstr("read-only transaction"));
}

TEST_F(Standby, PausedReplayStandsStill) {
  CatchUp();
  ASSERT_TRUE(standby_->PauseReplay().ok());
  Execute(*primary_, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(standby_->WaitForReplay(*primary_, absl::Milliseconds(500)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(CountRows(*standby_), "1");
  ASSERT_TRUE(standby_->ResumeReplay().ok());
  CatchUp();
  EXPECT_EQ(CountRows(*standby_), "2");
}

TEST_F(Standby, PromotedStandbyAcceptsWrites) {
  CatchUp();
  ASSERT_TRUE(primary_->Kill().ok());
  const absl::Status promoted = standby_->Promote();
  ASSERT_TRUE(promoted.ok()) << promoted;
  Execute(*standby_, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(CountRows(*standby_), "2");
}

TEST_F(Standby, CatchesUpAfterBeingStopped) {
  ASSERT_TRUE(standby_->Stop().ok());
  Execute(*primary_, "INSERT INTO t VALUES (2); SELECT pg_switch_wal(); CHECKPOINT");
  ASSERT_TRUE(standby_->Restart().ok());
  CatchUp();
  EXPECT_EQ(CountRows(*standby_), "2");
}

TEST_F(Standby, FollowsAgainAfterThePrimaryCrashed) {
  ASSERT_TRUE(primary_->Kill().ok());
  ASSERT_TRUE(primary_->Restart().ok());
  Execute(*primary_, "INSERT INTO t VALUES (2)");
  CatchUp();
  EXPECT_EQ(CountRows(*standby_), "2");
}

TEST_F(Standby, MayBeOneOfSeveral) {
  const auto other = primary_->StartStandby("s2", {.settings = {{"work_mem", "5MB"}}}).value();
  EXPECT_EQ(Ask(*primary_, "SELECT string_agg(application_name, ',' ORDER BY 1) FROM pg_stat_replication"), "s1,s2");
  EXPECT_EQ(Ask(*other, "SHOW work_mem"), "5MB");
}

TEST_F(Standby, HasWhatWasWrittenBeforeItStarted) {
  for (int table = 0; table < 20; ++table) {
    Execute(*primary_, "CREATE TABLE x" + std::to_string(table) + " AS SELECT generate_series(1, 20000) AS id");
  }
  const auto other = primary_->StartStandby("s2").value();
  ASSERT_TRUE(other->WaitForReplay(*primary_, kPatience).ok());
  EXPECT_EQ(Ask(*other, "SELECT sum(id) FROM x19"), "200010000");
}

TEST_F(Standby, CanBeSynchronous) {
  Execute(*primary_, "ALTER SYSTEM SET synchronous_standby_names = 's1'");
  Execute(*primary_, "ALTER SYSTEM SET synchronous_commit = remote_apply");
  Execute(*primary_, "SELECT pg_reload_conf()");
  Execute(*primary_, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(Ask(*primary_, "SELECT sync_state FROM pg_stat_replication"), "sync");
  EXPECT_EQ(CountRows(*standby_), "2");
}

TEST_F(Standby, OutlivesItsPrimary) {
  CatchUp();
  primary_.reset();
  EXPECT_EQ(CountRows(*standby_), "1");
}

TEST_F(Standby, OfAStoppedServerIsAnError) {
  ASSERT_TRUE(primary_->Stop().ok());
  EXPECT_FALSE(primary_->StartStandby("s2").ok());
}

}  // namespace
}  // namespace bxb::testing
