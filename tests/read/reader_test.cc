#include "bxb/reader.h"

#include <future>
#include <map>
#include <stdexcept>

#include "bxb/status.h"
#include "read/reader_fixture.h"
#include "support/pgbouncer.h"
#include "support/socket_proxy.h"

namespace bxb::read {
namespace {

using ::testing::HasSubstr;
using testing::Trio;
using Role = EndpointState::Role;

constexpr const char* kCount = "SELECT count(*) FROM events";

TEST_F(ReaderTest, ReadsItsOwnWritesOnAReplica) {
  const auto reader = Open();
  for (int i = 1; i <= 200; ++i) {
    const Outcome outcome = Write(std::to_string(i));
    ASSERT_TRUE(outcome.stored()) << outcome;
    const Answer answer = Ask(*reader, kCount, {.at_least = outcome.token(), .wait = kLong});
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    ASSERT_EQ(answer.value, std::to_string(i));
    ASSERT_EQ(answer.report.role, Role::kStandby);
    ASSERT_GE(answer.report.token.lsn, outcome.lsn);
    ASSERT_EQ(answer.report.token.timeline, 1U);
  }
}

TEST_F(ReaderTest, TakesATokenThatTravelledAsText) {
  const auto reader = Open();
  const std::string text = Write("a").token().ToString();
  const auto token = ReadToken::Parse(text);
  ASSERT_TRUE(token.has_value()) << text;
  EXPECT_EQ(Ask(*reader, kCount, {.at_least = *token}).value, "1");
}

TEST_F(ReaderTest, SaysAtOnceThatATokenIsOfAnotherCluster) {
  const auto reader = Open();
  ReadToken token = Write("a").token();
  token.lsn.value += std::uint64_t{1} << 40;
  const Answer answer = Ask(*reader, kCount, {.at_least = token, .wait = absl::Milliseconds(20)});
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(answer.status.message()),
              HasSubstr("the token " + token.ToString() + " lies beyond the log of the primary"));
}

TEST_F(ReaderTest, GoesToThePrimaryWhenNoReplicaComesThatFarInTime) {
  const auto reader = Open();
  ASSERT_TRUE(trio_.one->PauseReplay().ok());
  ASSERT_TRUE(trio_.two->PauseReplay().ok());
  const Outcome outcome = Write("a");
  const Answer answer = Ask(*reader, kCount, {.at_least = outcome.token(), .wait = absl::Milliseconds(50)});
  EXPECT_EQ(answer.value, "1") << answer.status;
  EXPECT_EQ(answer.report.role, Role::kPrimary);
  EXPECT_EQ(answer.report.staleness, absl::ZeroDuration());
  EXPECT_EQ(reader->stats().waited, 1U);
  EXPECT_EQ(reader->stats().to_primary, 1U);
  EXPECT_EQ(Ask(*reader, kCount).value, "0");  // without a bound a paused one will do
}

TEST_F(ReaderTest, SaysWhoLagsByHowMuchWhereThatWasAskedFor) {
  const auto reader = Open();
  ASSERT_TRUE(trio_.one->PauseReplay().ok());
  ASSERT_TRUE(trio_.two->PauseReplay().ok());
  const Outcome outcome = Write("a");
  ASSERT_TRUE(Eventually([&] { return StateOf(reader->cluster(), "p").position >= outcome.lsn; }));
  const Answer answer = Ask(
      *reader, kCount,
      {.at_least = outcome.token(), .wait = absl::Milliseconds(20), .otherwise = Otherwise::kFail, .timeout = kLong});
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
  const std::string message(answer.status.message());
  EXPECT_THAT(message, HasSubstr(Trio::NameOf(*trio_.one) + " has replayed "));
  EXPECT_THAT(message, HasSubstr(", not " + outcome.token().ToString()));
  EXPECT_THAT(message, HasSubstr(" bytes, is "));
  EXPECT_THAT(message, HasSubstr(Trio::NameOf(*trio_.primary) + " is the primary"));
}

TEST_F(ReaderTest, LeavesAReplicaOutThatIsStalerThanTheBound) {
  const auto reader = Open();
  ASSERT_TRUE(Eventually([&] { return StateOf(reader->cluster(), "a").lag == absl::ZeroDuration(); }));
  ASSERT_TRUE(trio_.one->PauseReplay().ok());
  ASSERT_TRUE(Write("a").stored());
  ASSERT_TRUE(Eventually([&] {
    const auto lag = StateOf(reader->cluster(), "a").lag;
    return lag && *lag > absl::Milliseconds(500);
  }));
  for (int i = 0; i < 50; ++i) {
    const Answer answer = Ask(*reader, kCount, {.max_staleness = absl::Milliseconds(400), .wait = kLong});
    ASSERT_EQ(answer.value, "1") << answer.status;
    ASSERT_EQ(answer.report.endpoint, Trio::NameOf(*trio_.two));
    ASSERT_LE(answer.report.staleness, absl::Milliseconds(400));
  }
}

TEST_F(ReaderTest, LeavesAReplicaOutThatLagsMoreBytesThanTheBound) {
  const auto reader = Open();
  ASSERT_TRUE(trio_.one->PauseReplay().ok());
  ASSERT_TRUE(trio_.primary->Query("CREATE TABLE filler AS SELECT generate_series(1, 10000) AS n", database_).ok());
  trio_.two->WaitForReplay(*trio_.primary, kLong).IgnoreError();
  ASSERT_TRUE(Eventually([&] { return StateOf(reader->cluster(), "a").lag_bytes.value_or(0) > 100'000; }));
  for (int i = 0; i < 20; ++i) {
    EXPECT_NE(Ask(*reader, kCount, {.max_lag_bytes = 50'000}).report.endpoint, Trio::NameOf(*trio_.one));
  }
}

TEST_F(ReaderTest, NeverSeesLessThanItHasSeen) {
  const auto reader = Open();
  ASSERT_TRUE(trio_.two->PauseReplay().ok());
  const Outcome outcome = Write("a");
  const Answer first = Ask(*reader, kCount, {.at_least = outcome.token(), .wait = kLong});
  ASSERT_EQ(first.report.endpoint, Trio::NameOf(*trio_.one));
  ASSERT_TRUE(trio_.one->PauseReplay().ok());
  for (int i = 0; i < 20; ++i) {
    const Answer next = Ask(*reader, kCount, {.at_least = first.report.token});
    EXPECT_EQ(next.value, "1");
    EXPECT_NE(next.report.endpoint, Trio::NameOf(*trio_.two));
  }
}

TEST_F(ReaderTest, FollowsItsPolicy) {
  const auto reader = Open({.policy = ReadPolicy::kNearest, .label = "b"});
  const auto served = [&](std::optional<ReadPolicy> policy) {
    std::map<std::string, int> counts;
    for (int i = 0; i < 30; ++i) ++counts[Ask(*reader, "SELECT 1", {.policy = policy}).report.endpoint];
    return counts;
  };
  const std::string primary = Trio::NameOf(*trio_.primary), one = Trio::NameOf(*trio_.one),
                    two = Trio::NameOf(*trio_.two);
  EXPECT_EQ(served(std::nullopt), (std::map<std::string, int>{{two, 30}}));
  EXPECT_EQ(served(ReadPolicy::kPrimaryOnly), (std::map<std::string, int>{{primary, 30}}));
  EXPECT_EQ(served(ReadPolicy::kRoundRobin), (std::map<std::string, int>{{primary, 10}, {one, 10}, {two, 10}}));
  EXPECT_EQ(served(ReadPolicy::kPreferReplica).count(primary), 0U);
}

TEST_F(ReaderTest, ReturnsTheServersErrorAndKeepsTheSession) {
  const auto reader = Open({.policy = ReadPolicy::kPrimaryOnly});
  EXPECT_EQ(SqlStateOf(Ask(*reader, "SELECT 1/0").status), "22012");
  EXPECT_EQ(SqlStateOf(Ask(*reader, "SELECT nonsense").status), "42703");
  EXPECT_EQ(SqlStateOf(Ask(*reader, "INSERT INTO events DEFAULT VALUES").status), "25006");
  EXPECT_EQ(Ask(*reader, "INSERT INTO events DEFAULT VALUES").status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SqlStateOf(Ask(*reader, "SELECT $1::int").status), "08P01");
  for (const char* sql : {"COPY events TO STDOUT", "SET search_path = nowhere", "COMMIT", "DO $$BEGIN END$$", ""}) {
    EXPECT_EQ(Ask(*reader, sql).status.code(), absl::StatusCode::kInvalidArgument) << sql;
  }
  EXPECT_EQ(Ask(*reader, std::string("SELECT 7\0", 9)).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask(*reader, "SHOW search_path").value, "\"$user\", public");
  EXPECT_EQ(Ask(*reader, "SELECT 7").value, "7");
  EXPECT_EQ(reader->stats().servers[0].sessions, 1);
  EXPECT_EQ(reader->stats().servers[0].retried, 0U);
}

TEST_F(ReaderTest, PassesParametersAndNulls) {
  const auto reader = Open();
  std::vector<std::string> seen;
  const auto take = [&](TextRow row) {
    seen.emplace_back(row[0].value_or("NULL"));
    seen.emplace_back(row[1].value_or("NULL"));
    return absl::OkStatus();
  };
  const auto report =
      reader->Query("SELECT $1::int + n, $2::text FROM generate_series(1, 2) n", {"40", std::nullopt}, take);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(seen, (std::vector<std::string>{"41", "NULL", "42", "NULL"}));
  EXPECT_EQ(report->rows, 2U);
}

TEST_F(ReaderTest, ReturnsTheCallersOwnErrorAsItIs) {
  const auto reader = Open();
  int rows = 0;
  const auto stop = [&](TextRow) { return ++rows == 3 ? absl::UnavailableError("mine") : absl::OkStatus(); };
  const auto report = reader->Query("SELECT generate_series(1, 1000000)", {}, stop);
  EXPECT_EQ(report.status(), absl::UnavailableError("mine"));
  EXPECT_EQ(rows, 3);
}

TEST_F(ReaderTest, LetsNoSettingOfAQueryStay) {
  const auto reader = Open({.policy = ReadPolicy::kPrimaryOnly, .sessions_per_endpoint = 1});
  EXPECT_EQ(Ask(*reader, "SELECT set_config('search_path', 'nowhere', false)").value, "nowhere");
  EXPECT_EQ(Ask(*reader, "SHOW search_path").value, "\"$user\", public");
}

TEST_F(ReaderTest, KeepsItsSessionsWhenACallerThrows) {
  const auto reader = Open({.policy = ReadPolicy::kPrimaryOnly, .sessions_per_endpoint = 1});
  const auto fail = [](TextRow) -> absl::Status { throw std::runtime_error("mine"); };
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(reader->Query("SELECT generate_series(1, 100000)", {}, fail).IgnoreError(), std::runtime_error);
  }
  EXPECT_EQ(Ask(*reader, "SELECT 7", {.timeout = absl::Seconds(5)}).value, "7");
}

TEST_F(ReaderTest, StaysWithAServerThatHasClosedAnIdleSession) {
  const auto reader = Open({.policy = ReadPolicy::kNearest, .label = "a"});
  ASSERT_EQ(Ask(*reader, "SELECT 1").report.endpoint, Trio::NameOf(*trio_.one));
  ASSERT_TRUE(
      trio_.one->Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bxb-reader'")
          .ok());
  const Answer answer = Ask(*reader, "SELECT 1");
  EXPECT_EQ(answer.report.endpoint, Trio::NameOf(*trio_.one)) << answer.status;
  EXPECT_EQ(reader->stats().servers[1].retried, 0U);
}

TEST_F(ReaderTest, EndsAtItsTimeoutAndSoDoesTheServer) {
  const auto reader = Open();
  const auto start = std::chrono::steady_clock::now();
  const Answer answer = Ask(*reader, "SELECT pg_sleep(600)", {.timeout = absl::Milliseconds(300)});
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kDeadlineExceeded) << answer.status;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  const char* sleeping =
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' "
      "AND pid <> pg_backend_pid()";
  EXPECT_TRUE(Eventually(
      [&] { return trio_.one->Query(sleeping)->at(0)[0] == "0" && trio_.two->Query(sleeping)->at(0)[0] == "0"; }));
}

TEST_F(ReaderTest, LeavesARolesShorterStatementTimeoutAlone) {
  const std::string role = "short_" + database_;
  ASSERT_TRUE(
      trio_.primary->Query("CREATE ROLE " + role + " LOGIN; ALTER ROLE " + role + " SET statement_timeout='90ms'")
          .ok());
  trio_.AwaitReplay();
  const auto reader = OpenReader({.dsn = trio_.primary->dsn(database_) + " user=" + role});
  const Answer answer = Ask(*reader, "SELECT pg_sleep(600)", {.timeout = kLong});
  EXPECT_EQ(SqlStateOf(answer.status), "57014") << answer.status;
}

TEST_F(ReaderTest, MeetsItsBoundWhateverTheRolesIsolationLevelIs) {
  const std::string role = "serial_" + database_;
  ASSERT_TRUE(trio_.primary
                  ->Query("CREATE ROLE " + role + " LOGIN; ALTER ROLE " + role +
                              " SET default_transaction_isolation='repeatable read'; GRANT SELECT ON events TO " + role,
                          database_)
                  .ok());
  trio_.AwaitReplay();
  const auto reader = OpenReader({.dsn = trio_.one->dsn(database_) + " user=" + role});
  EXPECT_EQ(Ask(*reader, "SELECT current_setting('transaction_isolation')").value, "read committed");
}

TEST_F(ReaderTest, IsNotDeceivedByAServerThatHasTakenAnothersPlace) {
  testing::SocketProxy proxy(trio_.one->dir());
  auto reader = Reader::Open({.endpoints = {{trio_.primary->dsn(database_), "p"}, {proxy.dsn(database_), "a"}},
                              .watch = {.check_interval = absl::Minutes(1)}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ(Ask(**reader, kCount).report.role, Role::kStandby);
  const Outcome outcome = Write("a");
  ASSERT_TRUE(trio_.two->PauseReplay().ok());
  const Outcome later = Write("b");
  // A read that waits makes the monitor ask; it sees the one that is up to date.
  ASSERT_EQ(Ask(**reader, kCount, {.at_least = later.token(), .wait = kLong}).report.role, Role::kStandby);
  proxy.Retarget(trio_.two->dir());
  proxy.CutAll();
  const Answer answer = Ask(**reader, kCount, {.at_least = later.token()});
  EXPECT_EQ(answer.value, "2") << answer.status << outcome;
}

TEST_F(ReaderTest, WorksThroughPgBouncerInTransactionMode) {
  testing::PgBouncer bouncer(*trio_.one, database_);
  const auto reader = OpenReader({.endpoints = {{trio_.primary->dsn(database_), "p"}, {bouncer.dsn(), "a"}}});
  for (int i = 1; i <= 50; ++i) {
    const Answer answer = Ask(*reader, kCount, {.at_least = Write(std::to_string(i)).token(), .wait = kLong});
    ASSERT_EQ(answer.value, std::to_string(i)) << answer.status;
    ASSERT_EQ(answer.report.role, Role::kStandby);
  }
}

TEST_F(ReaderTest, ServesManyThreadsWithFewSessions) {
  const auto reader = Open({.sessions_per_endpoint = 2});
  std::vector<std::future<int>> threads;
  for (int t = 0; t < 8; ++t) {
    threads.push_back(std::async(std::launch::async, [&] {
      int good = 0;
      for (int i = 0; i < 100; ++i) good += Ask(*reader, "SELECT 1").value == "1" ? 1 : 0;
      return good;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 100);
  for (const auto& server : reader->stats().servers) EXPECT_LE(server.sessions, 2);
  EXPECT_GT(reader->stats().servers[1].reads, 0U);
  EXPECT_GT(reader->stats().servers[2].reads, 0U);
}

TEST_F(ReaderTest, NamesABadOption) {
  const auto message = [](const ReaderOptions& options) {
    return std::string(Reader::Open(options).status().message());
  };
  EXPECT_THAT(message({.dsn = "x", .sessions_per_endpoint = 0}),
              HasSubstr("ReaderOptions::sessions_per_endpoint is 0"));
  EXPECT_THAT(message({.dsn = "x", .policy = ReadPolicy::kNearest}), HasSubstr("ReaderOptions::label is empty"));
  EXPECT_THAT(message({.dsn = "x", .table = ""}), HasSubstr("ReaderOptions::table is empty"));
  EXPECT_THAT(message({.endpoints = trio_.endpoints(), .label = "west"}),
              HasSubstr("ReaderOptions::label is \"west\""));
  const auto reader = Open();
  EXPECT_THAT(std::string(Ask(*reader, "SELECT 1", {.policy = ReadPolicy::kNearest}).status.message()),
              HasSubstr("ReadOptions::policy is kNearest"));
  EXPECT_THAT(std::string(Ask(*reader, "SELECT 1", {.timeout = absl::ZeroDuration()}).status.message()),
              HasSubstr("ReadOptions::timeout is 0"));
}

}  // namespace
}  // namespace bxb::read
