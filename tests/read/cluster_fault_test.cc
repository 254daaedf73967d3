#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <future>

#include "read/cluster_fixture.h"
#include "read/trio.h"
#include "support/sql.h"

namespace bxb {
namespace {

using std::chrono::steady_clock;
using testing::EphemeralPostgres;
using testing::EventLog;
using testing::Eventually;
using testing::NameOf;
using testing::Sql;
using testing::SqlValue;
using testing::Trio;
using testing::Watching;
using Kind = ClusterEvent::Kind;

constexpr std::size_t kPrimary = 0, kOne = 1, kTwo = 2;

/// A trio under watch, all well at the start and at the end of each test.
class ClusterFault : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { trio = std::make_unique<Trio>(); }
  static void TearDownTestSuite() { trio.reset(); }

  void Open(absl::Duration check_timeout = absl::Milliseconds(500)) {
    ClusterOptions options = Watching(trio->endpoints());
    options.check_timeout = check_timeout;
    options.on_event = hook_;
    cluster_ = Cluster::Open(options).value();
    ASSERT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
  }

  EndpointState State(std::size_t server) const { return cluster_->snapshot().endpoints[server]; }

  bool IsWell() const {
    const ClusterSnapshot snapshot = cluster_->snapshot();
    return snapshot.primary == kPrimary && std::ranges::all_of(snapshot.endpoints, [](const auto& state) {
             return state.healthy && state.lag_bytes == 0;
           });
  }

  bool EventuallyHealthy(std::size_t server, bool healthy) const {
    return Eventually([&] { return State(server).healthy == healthy; });
  }

  static inline std::unique_ptr<Trio> trio;
  EventLog log_;
  ClusterEventHook hook_ = log_.hook();
  std::shared_ptr<Cluster> cluster_;
};

TEST_F(ClusterFault, AFrozenServerIsLostInTimeAndHoldsUpNobodyElse) {
  Open();
  const std::string one = NameOf(*trio->one);
  ASSERT_TRUE(trio->one->Freeze().ok());
  const auto frozen = steady_clock::now();
  absl::Duration oldest;
  EXPECT_TRUE(Eventually([&] {
    for (const std::size_t other : {kPrimary, kTwo}) oldest = std::max(oldest, *State(other).age);
    return !State(kOne).healthy;
  }));
  const auto noticed = absl::FromChrono(steady_clock::now() - frozen);
  RecordProperty("noticed_after_ms", static_cast<int>(absl::ToInt64Milliseconds(noticed)));
  RecordProperty("oldest_of_the_others_ms", static_cast<int>(absl::ToInt64Milliseconds(oldest)));
  EXPECT_LT(noticed, absl::Milliseconds(550) + absl::Seconds(1));
  EXPECT_LT(oldest, absl::Milliseconds(500));
  EXPECT_EQ(State(kOne).status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GT(*State(kOne).age, absl::Milliseconds(400));
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kLost, one) == 1; }));
  ASSERT_TRUE(trio->one->Thaw().ok());
  EXPECT_TRUE(EventuallyHealthy(kOne, true));
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, one) == 1; }));
  EXPECT_EQ(log_.Count(Kind::kLost, one), 1);
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
}

TEST_F(ClusterFault, AKilledStandbyIsLostAtOnceAndBackWhenItIsRestarted) {
  Open();
  ASSERT_TRUE(trio->two->Kill().ok());
  EXPECT_TRUE(EventuallyHealthy(kTwo, false));
  EXPECT_EQ(State(kTwo).status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(State(kTwo).role, EndpointState::Role::kStandby) << "as it said last";
  ASSERT_TRUE(trio->two->Restart().ok());
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, NameOf(*trio->two)) == 1; }));
  EXPECT_EQ(log_.Count(Kind::kLost, NameOf(*trio->two)), 1) << log_.text();
}

TEST_F(ClusterFault, AKilledPrimaryStaysThePrimaryAndIsFollowedAgain) {
  Open();
  ASSERT_TRUE(trio->primary->Kill().ok());
  EXPECT_TRUE(EventuallyHealthy(kPrimary, false));
  EXPECT_EQ(cluster_->snapshot().primary, kPrimary);
  ASSERT_TRUE(trio->primary->Restart().ok());
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, NameOf(*trio->primary)) == 1; }));
  EXPECT_EQ(log_.Count(Kind::kPromoted, NameOf(*trio->primary)), 0);
}

// The postmaster lives on, and what was not flushed of the log is gone. It may take connections for a moment before it
// notices: only with another checkpointer it has started anew.
TEST_F(ClusterFault, APrimaryOneOfWhoseProcessesCrashesIsFollowedAgain) {
  Open();
  auto session = pq::Connection::Open(trio->primary->dsn(), "test", pq::After(absl::Seconds(30))).value();
  const auto begun = session.Query(
      "DROP TABLE IF EXISTS t; CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1); SELECT pg_backend_pid()",
      pq::After(absl::Seconds(30)));
  ASSERT_TRUE(begun.ok()) << begun.status();
  const std::string checkpointer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
  const auto before = trio->primary->Query(checkpointer).value();
  ASSERT_EQ(kill(std::stoi(*begun->at(0).at(0)), SIGKILL), 0);
  EXPECT_FALSE(session.Query("COMMIT", pq::After(absl::Seconds(30))).ok());
  ASSERT_TRUE(Eventually([&] {
    const auto now = trio->primary->Query(checkpointer);
    return now.ok() && !now->empty() && *now != before;
  }));
  const Lsn written = *Lsn::Parse(SqlValue(trio->primary->dsn(), "SELECT pg_current_wal_flush_lsn()"));
  EXPECT_TRUE(Eventually([&] { return IsWell() && State(kPrimary).position >= written; })) << cluster_->snapshot();
}

TEST_F(ClusterFault, LagGrowsInBytesAndTimeWhileReplayIsPaused) {
  Open();
  ASSERT_TRUE(trio->one->PauseReplay().ok());
  Sql(trio->primary->dsn(), "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT generate_series(1, 10000)");
  EXPECT_TRUE(Eventually([&] { return State(kOne).lag_bytes > 100'000 && State(kOne).lag > absl::Milliseconds(300); }))
      << cluster_->snapshot();
  const auto before = State(kOne).lag_bytes;
  Sql(trio->primary->dsn(), "INSERT INTO t SELECT generate_series(1, 10000)");
  EXPECT_TRUE(Eventually([&] { return State(kOne).lag_bytes > *before + 100'000; })) << cluster_->snapshot();
  EXPECT_TRUE(Eventually([&] { return State(kTwo).lag == absl::ZeroDuration(); })) << cluster_->snapshot();
  ASSERT_TRUE(trio->one->ResumeReplay().ok());
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
}

TEST_F(ClusterFault, NobodyLagsBehindAnIdlePrimary) {
  Open();
  Sql(trio->primary->dsn(), "CHECKPOINT");
  ASSERT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
  const Lsn position = State(kPrimary).position;
  int samples = 0;
  const auto until = pq::After(absl::Seconds(1));
  while (steady_clock::now() < until) {
    const ClusterSnapshot snapshot = cluster_->snapshot();
    if (snapshot.endpoints[kPrimary].position != position) continue;  // the server's own doing
    ++samples;
    for (const std::size_t standby : {kOne, kTwo}) EXPECT_LE(snapshot.endpoints[standby].lag, absl::Milliseconds(100));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GT(samples, 0);
}

// A page that is full to its end: the insert position is behind the next page's header, where no standby comes yet.
TEST_F(ClusterFault, NobodyLagsBehindTheEndOfAWalFile) {
  Open();
  Sql(trio->primary->dsn(), "SELECT pg_logical_emit_message(true, 'bxb', 'x'); SELECT pg_switch_wal()");
  EXPECT_TRUE(Eventually([&] { return IsWell() && State(kOne).position == State(kPrimary).position; }))
      << cluster_->snapshot();
}

TEST_F(ClusterFault, AHookThatTakesLongKeepsNobodyElseFromWatching) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> at_once = 0, most_at_once = 0;
  hook_ = [&, tell = log_.hook()](const ClusterEvent& event) {
    most_at_once = std::max<int>(most_at_once, ++at_once);
    tell(event);
    released.wait_for(std::chrono::seconds(20));
    --at_once;
  };
  Open();
  ASSERT_TRUE(trio->one->Kill().ok());
  ASSERT_TRUE(Eventually([&] { return log_.Count(Kind::kLost, NameOf(*trio->one)) == 1; }));
  ASSERT_TRUE(trio->two->Kill().ok());
  EXPECT_TRUE(EventuallyHealthy(kTwo, false));
  ASSERT_TRUE(trio->two->Restart().ok());
  EXPECT_TRUE(EventuallyHealthy(kTwo, true));
  EXPECT_LT(*State(kPrimary).age, absl::Milliseconds(500));
  EXPECT_EQ(log_.Count(Kind::kLost, NameOf(*trio->two)), 0) << "one at a time";
  release.set_value();
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, NameOf(*trio->two)) == 1; }));
  ASSERT_TRUE(trio->one->Restart().ok());
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, NameOf(*trio->one)) == 1; }));
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
  cluster_.reset();
  EXPECT_EQ(most_at_once, 1);
}

TEST_F(ClusterFault, AHookMayAskForASnapshot) {
  std::atomic<int> asked = 0;
  hook_ = [&](const ClusterEvent&) { asked += static_cast<int>(cluster_->snapshot().endpoints.size()); };
  Open();
  ASSERT_TRUE(trio->one->Kill().ok());
  EXPECT_TRUE(Eventually([&] { return asked == 3; }));
  ASSERT_TRUE(trio->one->Restart().ok());
  EXPECT_TRUE(Eventually([&] { return asked == 6; }));
  EXPECT_TRUE(Eventually([&] { return IsWell(); })) << cluster_->snapshot();
}

TEST_F(ClusterFault, TheDestructorDoesNotWaitForAFrozenServer) {
  Open(/*check_timeout=*/absl::Minutes(1));
  ASSERT_TRUE(trio->one->Freeze().ok());
  EXPECT_TRUE(Eventually([&] { return *State(kOne).age > absl::Milliseconds(300); }));
  const auto start = steady_clock::now();
  cluster_.reset();
  const auto took = steady_clock::now() - start;
  EXPECT_LT(took, std::chrono::seconds(1));
  ASSERT_TRUE(trio->one->Thaw().ok());
}

TEST(ClusterOfOne, KeepsTheReadsOfAServerThatIsTooBusyToAnswerChecks) {
  const auto server = EphemeralPostgres::Start().value();
  const auto cluster = Cluster::Open(Watching({{server->dsn()}})).value();
  const auto reader = Reader::Open({.cluster = cluster}).value();
  auto read = std::async(std::launch::async, [&] {
    return reader->Query("SELECT 'long' FROM pg_sleep(1)", {}, [](TextRow) { return absl::OkStatus(); });
  });
  const std::string sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  ASSERT_TRUE(Eventually([&] { return SqlValue(server->dsn(), sleeping) == "1"; }));
  ASSERT_TRUE(server->Freeze().ok());
  EXPECT_TRUE(Eventually([&] { return !cluster->snapshot().endpoints[0].healthy; }));
  ASSERT_TRUE(server->Thaw().ok());
  const auto report = read.get();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->attempts, 1);
}

}  // namespace
}  // namespace bxb
