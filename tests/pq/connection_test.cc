#include "pq/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "bxb/status.h"
#include "support/shared_server.h"

namespace bxb::pq {
namespace {

using bxb::testing::EphemeralPostgres;
using bxb::testing::FreshDatabase;
using ::testing::HasSubstr;
using ::testing::Not;

Deadline Soon() { return After(absl::Seconds(30)); }

Connection Connect(const std::string& dsn, const Interrupt* interrupt = nullptr) {
  auto connection = Connection::Open(dsn, "test", Soon(), interrupt);
  if (!connection.ok()) ADD_FAILURE() << connection.status();
  return *std::move(connection);
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(Connection, ReturnsTheLastStatementsRowsWithNulls) {
  auto connection = Connect(FreshDatabase());
  const auto rows = connection.Query("SELECT 1; SELECT 'a', NULL UNION ALL SELECT '', 'b'", Soon());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, (Rows{{"a", std::nullopt}, {"", "b"}}));
}

TEST(Connection, PassesParametersOutsideTheSql) {
  auto connection = Connect(FreshDatabase());
  const auto rows = connection.Query("SELECT $1 || $2", {"it's", " \\safe"}, Soon());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*(*rows)[0][0], "it's \\safe");
}

TEST(Connection, KeepsEveryWordOfTheServersError) {
  auto connection = Connect(FreshDatabase());
  const auto rows =
      connection.Query("CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0)); INSERT INTO t VALUES (-1)", Soon());
  const ServerError error = ServerErrorOf(rows.status());
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error.sqlstate, "23514");
  EXPECT_EQ(error.constraint, "positive");
  EXPECT_EQ(error.message, "new row for relation \"t\" violates check constraint \"positive\"");
  EXPECT_EQ(error.detail, "Failing row contains (-1).");
  EXPECT_EQ(Message(rows.status()),
            "new row for relation \"t\" violates check constraint \"positive\" [SQLSTATE 23514]");
}

TEST(Connection, GoesOnAfterAServerError) {
  auto connection = Connect(FreshDatabase());
  EXPECT_FALSE(connection.Query("SELECT 1/0", Soon()).ok());
  EXPECT_FALSE(connection.lost());
  EXPECT_TRUE(connection.Query("SELECT 1", Soon()).ok());
}

TEST(Connection, ShowsNothingOfADsnThatCannotBeParsed) {
  for (const std::string dsn : {"host=localhost password=hush hush-too", "postgresql://u:hush@[nowhere/x", "hush"}) {
    const auto connection = Connection::Open(dsn, "test", Soon());
    EXPECT_EQ(connection.status().code(), absl::StatusCode::kInvalidArgument) << dsn;
    EXPECT_THAT(Message(connection.status()), Not(HasSubstr("hush")));
  }
}

TEST(Connection, NamesTheHostItCannotReach) {
  const auto connection = Connection::Open("host=/nowhere/at-all user=u", "test", Soon());
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Message(connection.status()), HasSubstr("/nowhere/at-all"));
}

TEST(Connection, CallsAWrongPasswordUnauthenticatedAndDoesNotShowIt) {
  auto server = EphemeralPostgres::Start({.hba = "local all postgres trust\nlocal all all scram-sha-256\n"});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->Query("CREATE ROLE app LOGIN PASSWORD 'right'").ok());
  const auto connection = Connection::Open((*server)->dsn() + " user=app password=wr0ng", "test", Soon());
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnauthenticated) << connection.status();
  EXPECT_THAT(Message(connection.status()), HasSubstr("password authentication failed for user \"app\""));
  EXPECT_THAT(Message(connection.status()), Not(HasSubstr("wr0ng")));
}

TEST(Connection, CallsAMissingDatabaseNotFound) {
  const auto connection = Connection::Open(bxb::testing::SharedServer().dsn("no_such"), "test", Soon());
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kNotFound) << connection.status();
}

TEST(Connection, GivesUpAtTheDeadlineAndIsLostThen) {
  auto connection = Connect(FreshDatabase());
  const auto rows = connection.Query("SELECT pg_sleep(60)", After(absl::Milliseconds(50)));
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(connection.lost());
  EXPECT_EQ(connection.Query("SELECT 1", Soon()).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Connection, DoesNotWaitForAServerThatHangsAtTheHandshake) {
  auto server = EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->Freeze().ok());
  const auto connection = Connection::Open((*server)->dsn(), "test", After(absl::Milliseconds(100)));
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kDeadlineExceeded) << connection.status();
  EXPECT_TRUE((*server)->Thaw().ok());
}

TEST(Connection, IsInterruptedFromAnotherThread) {
  Interrupt interrupt;
  auto connection = Connect(FreshDatabase(), &interrupt);
  std::thread other([&] { interrupt.Set(); });
  const auto rows = connection.Query("SELECT pg_sleep(60)", Soon());
  other.join();
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kCancelled);
}

TEST(Connection, IsLostWhenTheServerEndsIt) {
  auto connection = Connect(FreshDatabase());
  const auto rows = connection.Query("SELECT pg_terminate_backend(pg_backend_pid())", Soon());
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SqlStateOf(rows.status()), "57P01");
  EXPECT_TRUE(connection.lost());
}

TEST(Connection, CopiesInAndOutInOneMessage) {
  auto connection = Connect(FreshDatabase());
  const std::vector<std::string_view> chunks = {"1\n2", "2\n", "3\n", ""};
  std::size_t next = 0;
  std::string out;
  const CopyResult result = connection.Copy(
      "CREATE TABLE t (a int); COPY t FROM STDIN; COPY (SELECT sum(a) FROM t) TO STDOUT; COMMIT; SELECT 'end'",
      [&] { return chunks[next++]; }, [&](std::string_view data) { out += data; }, Soon());
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.end_sent);
  EXPECT_EQ(result.copied, 3);
  EXPECT_EQ(out, "26\n");
  EXPECT_EQ(result.rows, (Rows{{"end"}}));
}

TEST(Connection, ReportsACopyErrorAfterTakingAllChunks) {
  auto connection = Connect(FreshDatabase());
  int left = 3;
  const CopyResult result = connection.Copy(
      "CREATE TABLE t (a int); COPY t FROM STDIN; SELECT 1", [&] { return left-- > 0 ? "bad\n" : ""; },
      [](std::string_view) {}, Soon());
  EXPECT_EQ(SqlStateOf(result.status), "22P02");
  EXPECT_THAT(ServerErrorOf(result.status).context, HasSubstr("COPY t, line 1"));
  EXPECT_FALSE(connection.lost());
}

}  // namespace
}  // namespace bxb::pq
