#include <future>

#include "bxb/status.h"
#include "read/reader_fixture.h"

namespace bxb::read {
namespace {

using ::testing::HasSubstr;
using testing::Trio;
using Role = EndpointState::Role;
using Clock = std::chrono::steady_clock;

constexpr const char* kCount = "SELECT count(*) FROM events";
constexpr std::chrono::seconds kSoon{2};

/// Servers of its own, which it breaks.
class ReaderFailoverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = EventWriter::Open({.dsn = trio_.primary->dsn(), .create_table = true});
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    first_ = writer_->WriteDurable(EventNamed("first"), kLong);
    ASSERT_TRUE(first_.stored()) << first_;
    trio_.AwaitReplay();
    reader_ = OpenReader({.endpoints = trio_.endpoints(), .policy = ReadPolicy::kNearest, .label = "a"});
  }

  testing::EphemeralPostgres& Near() { return *trio_.one; }

  Trio trio_;
  std::unique_ptr<EventWriter> writer_;
  Outcome first_;
  std::unique_ptr<Reader> reader_;
};

TEST_F(ReaderFailoverTest, TakesAReadThatHangsToAnotherServer) {
  ASSERT_EQ(Ask(*reader_, kCount).report.endpoint, Trio::NameOf(Near()));
  ASSERT_TRUE(Near().Freeze().ok());
  const auto start = Clock::now();
  const Answer answer = Ask(*reader_, kCount, {.at_least = first_.token()});
  EXPECT_LT(Clock::now() - start, kSoon);
  EXPECT_EQ(answer.value, "1") << answer.status;
  EXPECT_NE(answer.report.endpoint, Trio::NameOf(Near()));
  EXPECT_EQ(answer.report.attempts, 2);
  ASSERT_TRUE(Near().Thaw().ok());
  EXPECT_TRUE(Eventually([&] { return Ask(*reader_, kCount).report.endpoint == Trio::NameOf(Near()); }));
}

TEST_F(ReaderFailoverTest, TakesAReadOfADeadServerToAnother) {
  auto slow = std::async(std::launch::async, [&] {
    return Ask(*reader_, "SELECT count(*) FROM events, pg_sleep(CASE WHEN inet_server_addr() IS NULL THEN 1.5 END)");
  });
  ASSERT_TRUE(Eventually([&] {
    return Near()
               .Query(
                   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND "
                   "pid <> pg_backend_pid()")
               ->at(0)[0] == "1";
  }));
  ASSERT_TRUE(Near().Kill().ok());
  const Answer answer = slow.get();
  EXPECT_EQ(answer.value, "1") << answer.status;
  EXPECT_EQ(answer.report.attempts, 2);
  ASSERT_TRUE(Near().Restart().ok());
  EXPECT_TRUE(Eventually([&] { return Ask(*reader_, kCount).report.endpoint == Trio::NameOf(Near()); }));
}

TEST_F(ReaderFailoverTest, SaysSoWhenTheServerDiesBehindTheFirstRow) {
  int rows = 0;
  const auto kill = [&](TextRow) {
    if (++rows == 1) {
      EXPECT_TRUE(Near().Kill().ok());
    }
    return absl::OkStatus();
  };
  const auto report = reader_->Query("SELECT repeat('x', 1000), n FROM generate_series(1, 1000000) n", {}, kill);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("the read failed behind "));
  EXPECT_GT(rows, 0);
  EXPECT_LT(rows, 1'000'000);
}

TEST_F(ReaderFailoverTest, TakesAReadThatReplicationCancelsToAnotherServer) {
  ASSERT_TRUE(Near().Query("ALTER SYSTEM SET max_standby_streaming_delay = 0").ok());
  ASSERT_TRUE(Near().Query("SELECT pg_reload_conf()").ok());
  auto slow = std::async(std::launch::async, [&] { return Ask(*reader_, "SELECT count(*), pg_sleep(3) FROM events"); });
  ASSERT_TRUE(Eventually([&] {
    return Near().Query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")->at(0)[0] == "1";
  }));
  ASSERT_TRUE(trio_.primary->Query("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE; COMMIT").ok());
  const Answer answer = slow.get();
  EXPECT_EQ(answer.value, "1") << answer.status;
  EXPECT_EQ(answer.report.attempts, 2);
  EXPECT_EQ(reader_->stats().servers[1].retried, 1U);
}

TEST_F(ReaderFailoverTest, FollowsAPromotionWithTokensOfBothTimelines) {
  ASSERT_TRUE(trio_.primary->Kill().ok());
  ASSERT_TRUE(trio_.two->Promote().ok());
  const auto start = Clock::now();
  const Answer answer = Ask(*reader_, kCount, {.at_least = first_.token(), .policy = ReadPolicy::kPrimaryOnly});
  EXPECT_LT(Clock::now() - start, kSoon);
  EXPECT_EQ(answer.value, "1") << answer.status;
  EXPECT_EQ(answer.report.endpoint, Trio::NameOf(*trio_.two));
  EXPECT_EQ(answer.report.token.timeline, 2U);

  auto writer = EventWriter::Open({.dsn = trio_.two->dsn()});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const Outcome second = (*writer)->WriteDurable(EventNamed("second"), kLong);
  ASSERT_TRUE(second.stored()) << second;
  // The near standby still follows the dead primary: its timeline is over.
  EXPECT_EQ(Ask(*reader_, kCount, {.at_least = second.token()}).value, "2");
  EXPECT_EQ(Ask(*reader_, kCount, {.at_least = first_.token()}).report.endpoint, Trio::NameOf(*trio_.two));

  ASSERT_TRUE(Near().Query("ALTER SYSTEM SET primary_conninfo = '" + trio_.two->dsn() + "'").ok());
  ASSERT_TRUE(Near().Query("SELECT pg_reload_conf()").ok());
  EXPECT_TRUE(Eventually([&] {
    const Answer near = Ask(*reader_, kCount, {.at_least = first_.token()});
    return near.report.endpoint == Trio::NameOf(Near()) && near.value == "2";
  }));
  EXPECT_EQ(Ask(*reader_, kCount, {.at_least = second.token()}).value, "2");
}

TEST_F(ReaderFailoverTest, GrowsStaleWithoutAPrimary) {
  ASSERT_TRUE(trio_.primary->Kill().ok());
  ASSERT_TRUE(Eventually([&] { return !StateOf(reader_->cluster(), "p").healthy; }));
  EXPECT_TRUE(Eventually([&] {
    return Ask(*reader_, kCount, {.max_staleness = absl::Milliseconds(500), .otherwise = Otherwise::kFail})
               .status.code() == absl::StatusCode::kUnavailable;
  }));
  EXPECT_EQ(Ask(*reader_, kCount).value, "1");
  const auto start = Clock::now();
  const Answer answer =
      Ask(*reader_, kCount, {.max_staleness = absl::Milliseconds(500), .timeout = absl::Milliseconds(700)});
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(answer.status.message()), HasSubstr(Trio::NameOf(*trio_.primary) + " is lost: "));
  EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(650));
}

}  // namespace
}  // namespace bxb::read
