#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "bxb/status.h"
#include "pq/connection.h"
#include "support/shared_server.h"

namespace bxb::pq {
namespace {

using bxb::testing::FreshDatabase;
using std::chrono::steady_clock;

Deadline Soon() { return After(absl::Seconds(30)); }

/// A connection, and what its last pipeline has said: "statement: value, value".
class Pipeline : public ::testing::Test {
 protected:
  static Connection Connect(const Interrupt* interrupt = nullptr) {
    return Connection::Open(kDsn, "test", Soon(), interrupt).value();
  }

  /// All but SELECT, SHOW and COPY are commands.
  absl::Status Run(std::vector<Statement> statements, Deadline deadline = Soon()) {
    for (Statement& one : statements) {
      one.is_command = !one.sql.starts_with("SELECT") && !one.sql.starts_with("SHOW") && !one.sql.starts_with("COPY");
    }
    return RunAsTheyAre(statements, deadline);
  }

  absl::Status RunAsTheyAre(const std::vector<Statement>& statements, Deadline deadline = Soon()) {
    rows_.clear();
    return connection_.Pipeline(
        statements,
        [this](std::size_t statement, RowView row) {
          std::vector<std::string> values;
          for (const auto& value : row) values.emplace_back(value.value_or("NULL"));
          rows_.push_back(fmt::format("{}: {}", statement, fmt::join(values, ", ")));
          return absl::OkStatus();
        },
        deadline);
  }

  std::string Ask(const std::string& sql) {
    const auto rows = connection_.Query(sql, Soon());
    if (!rows.ok()) return rows.status().ToString();
    return rows->at(0).at(0).value_or("NULL");
  }

  static inline const std::string kDsn = FreshDatabase();
  Connection connection_ = Connect();
  std::vector<std::string> rows_;
};

TEST_F(Pipeline, GivesEachRowWithItsStatementsNumber) {
  const absl::Status status = Run({{"SELECT generate_series(1, 2)"}, {"SET search_path = public"}, {"SELECT 'a', ''"}});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(rows_, (std::vector<std::string>{"0: 1", "0: 2", "2: a, "}));
}

TEST_F(Pipeline, PassesParametersAndNulls) {
  const absl::Status status =
      Run({{"SELECT $1::text, $2::text", {"it's", std::nullopt}}, {"SELECT $1::int + 1", {"1"}}});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(rows_, (std::vector<std::string>{"0: it's, NULL", "1: 2"}));
}

TEST_F(Pipeline, TakesStatementsThatSayNothing) {
  EXPECT_TRUE(Run({}).ok());
  EXPECT_TRUE(Run({{""}, {"SELECT 1 WHERE false"}, {"SELECT"}}).ok());
  EXPECT_EQ(rows_, (std::vector<std::string>{"2: "}));
}

TEST_F(Pipeline, IsOneTransaction) {
  ASSERT_TRUE(Run({{"SELECT pg_current_xact_id()"}, {"SELECT pg_current_xact_id()"}}).ok());
  EXPECT_EQ(rows_.at(0).substr(3), rows_.at(1).substr(3));
  EXPECT_FALSE(connection_.in_transaction());
}

TEST_F(Pipeline, HoldsWholeTransactions) {
  ASSERT_TRUE(
      Run({{"BEGIN READ ONLY"}, {"SHOW transaction_read_only"}, {"COMMIT"}, {"SHOW transaction_read_only"}}).ok());
  EXPECT_EQ(rows_, (std::vector<std::string>{"1: on", "3: off"}));
}

TEST_F(Pipeline, RunsNothingBehindAServerError) {
  Ask("DROP TABLE IF EXISTS t; CREATE TABLE t (a int); SELECT 1");
  const absl::Status status =
      Run({{"INSERT INTO t VALUES (1)"}, {"SELECT 1/0"}, {"INSERT INTO t VALUES (2)"}, {"SELECT 3"}});
  EXPECT_EQ(SqlStateOf(status), "22012");
  EXPECT_THAT(rows_, ::testing::IsEmpty());
  EXPECT_FALSE(connection_.lost());
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
  EXPECT_TRUE(Run({{"SELECT 4"}}).ok());
}

TEST_F(Pipeline, GivesTheRowsBeforeAnError) {
  const absl::Status status = Run({{"SELECT 2 / (3 - a) FROM generate_series(1, 9) a"}});
  EXPECT_EQ(SqlStateOf(status), "22012");
  EXPECT_EQ(rows_, (std::vector<std::string>{"0: 1", "0: 2"}));
}

TEST_F(Pipeline, LeavesAFailedTransactionOpen) {
  EXPECT_EQ(SqlStateOf(Run({{"BEGIN"}, {"SELECT 1/0"}, {"COMMIT"}})), "22012");
  EXPECT_TRUE(connection_.in_transaction());
  EXPECT_EQ(Ask("ROLLBACK; SELECT 1"), "1");
}

TEST_F(Pipeline, ReturnsWhatFailsAtTheEndOfTheTransaction) {
  Ask("DROP TABLE IF EXISTS d; CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); SELECT 1");
  EXPECT_EQ(SqlStateOf(Run({{"INSERT INTO d VALUES (1)"}, {"INSERT INTO d VALUES (1)"}})), "23505");
  EXPECT_FALSE(connection_.lost());
  EXPECT_EQ(Ask("SELECT count(*) FROM d"), "0");
}

TEST_F(Pipeline, ReturnsTheCallersErrorAndIsLostThen) {
  int rows = 0;
  const absl::Status status = connection_.Pipeline(
      std::vector<Statement>{{"SELECT generate_series(1, 9)"}},
      [&](std::size_t, RowView) { return ++rows < 2 ? absl::OkStatus() : absl::DataLossError("enough"); }, Soon());
  EXPECT_EQ(status, absl::DataLossError("enough"));
  EXPECT_EQ(rows, 2);
  EXPECT_TRUE(connection_.lost());
  EXPECT_EQ(Run({{"SELECT 1"}}).code(), absl::StatusCode::kUnavailable);
}

TEST_F(Pipeline, RefusesACopy) {
  for (const char* const sql : {"COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"}) {
    connection_ = Connect();
    EXPECT_EQ(Run({{"SELECT 1"}, {sql}}).code(), absl::StatusCode::kInvalidArgument) << sql;
    EXPECT_TRUE(connection_.lost());
  }
}

TEST_F(Pipeline, RefusesACommandWhereRowsAreExpected) {
  for (const char* const sql : {"SET search_path = nowhere", "COMMIT", "DO $$BEGIN END$$", ""}) {
    connection_ = Connect();
    EXPECT_EQ(RunAsTheyAre({{"SELECT 1"}, {sql}}).code(), absl::StatusCode::kInvalidArgument) << sql;
    EXPECT_TRUE(connection_.lost());
  }
}

TEST_F(Pipeline, EndsAtTheDeadline) {
  const auto start = steady_clock::now();
  EXPECT_EQ(Run({{"SELECT 1"}, {"SELECT pg_sleep(60)"}}, After(absl::Milliseconds(50))).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(connection_.lost());
}

TEST_F(Pipeline, EndsAtTheDeadlineThoughThereIsAlwaysAnotherRow) {
  const auto start = steady_clock::now();
  std::uint64_t sum = 0;
  const absl::Status status = connection_.Pipeline(
      std::vector<Statement>{{"SELECT generate_series(1, 1000000000)"}},
      [&](std::size_t, RowView) {
        const auto slow = steady_clock::now() + std::chrono::microseconds(20);
        while (steady_clock::now() < slow) ++sum;
        return absl::OkStatus();
      },
      After(absl::Milliseconds(200)));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(Pipeline, IsInterruptedFromAnotherThread) {
  Interrupt interrupt;
  connection_ = Connect(&interrupt);
  std::thread other([&] { interrupt.Set(); });
  EXPECT_EQ(Run({{"SELECT pg_sleep(60)"}}).code(), absl::StatusCode::kCancelled);
  other.join();
  EXPECT_TRUE(connection_.lost());
}

TEST_F(Pipeline, EndsWhenTheServerEndsTheConnection) {
  const absl::Status status = Run({{"SELECT pg_terminate_backend(pg_backend_pid())"}, {"SELECT 1"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(SqlStateOf(status), "57P01");
  EXPECT_TRUE(connection_.lost());
}

TEST_F(Pipeline, StreamsManyRowsWithoutKeepingThem) {
  std::uint64_t rows = 0, sum = 0;
  const absl::Status status = connection_.Pipeline(
      std::vector<Statement>{{"SELECT a, repeat('x', 100) FROM generate_series(1, 100000) a"}, {"SELECT 1"}},
      [&](std::size_t statement, RowView row) {
        if (statement == 0) sum += std::stoull(std::string(*row[0]));
        ++rows;
        return absl::OkStatus();
      },
      Soon());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(rows, 100'001);
  EXPECT_EQ(sum, 5'000'050'000);
}

TEST_F(Pipeline, SendsMoreThanTheSocketsHoldInBothDirections) {
  const std::string big(3'000'000, 'x');
  std::vector<Statement> statements(4, {"SELECT repeat($1, 2)", {big}});
  std::size_t bytes = 0;
  const absl::Status status = connection_.Pipeline(
      statements,
      [&](std::size_t, RowView row) {
        bytes += row[0]->size();
        return absl::OkStatus();
      },
      Soon());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(bytes, 8 * big.size());
}

TEST_F(Pipeline, WatchesTheInterruptThatWasSetLast) {
  Interrupt first, second;
  first.Set();
  connection_.set_interrupt(&first);
  connection_.set_interrupt(nullptr);
  EXPECT_TRUE(Run({{"SELECT 1"}}).ok());
  second.Set();
  connection_.set_interrupt(&second);
  EXPECT_EQ(Run({{"SELECT pg_sleep(60)"}}).code(), absl::StatusCode::kCancelled);
}

class CopyOut : public Pipeline {};

TEST_F(CopyOut, GivesEachMessage) {
  std::string text;
  const absl::Status status = connection_.CopyOut(
      "SET TIME ZONE 'UTC'; COPY (SELECT generate_series(1, 3)) TO STDOUT; SELECT 1",
      [&](std::string_view message) {
        text += message;
        return absl::OkStatus();
      },
      Soon());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(text, "1\n2\n3\n");
  EXPECT_FALSE(connection_.lost());
}

TEST_F(CopyOut, ReturnsTheSinksErrorAndIsLostThen) {
  int messages = 0;
  const absl::Status status = connection_.CopyOut(
      "COPY (SELECT generate_series(1, 1000000)) TO STDOUT",
      [&](std::string_view) { return ++messages < 3 ? absl::OkStatus() : absl::OutOfRangeError("full"); }, Soon());
  EXPECT_EQ(status, absl::OutOfRangeError("full"));
  EXPECT_EQ(messages, 3);
  EXPECT_TRUE(connection_.lost());
}

TEST_F(CopyOut, ReturnsTheServersErrorAndGoesOn) {
  const absl::Status status = connection_.CopyOut(
      "COPY (SELECT 2 / (3 - a) FROM generate_series(1, 9) a) TO STDOUT",
      [](std::string_view) { return absl::OkStatus(); }, Soon());
  EXPECT_EQ(SqlStateOf(status), "22012");
  EXPECT_EQ(Ask("SELECT 1"), "1");
}

TEST_F(CopyOut, EndsAtTheDeadlineThoughThereIsAlwaysMore) {
  const absl::Status status = connection_.CopyOut(
      "COPY (SELECT generate_series(1, 1000000000)) TO STDOUT", [](std::string_view) { return absl::OkStatus(); },
      After(absl::Milliseconds(100)));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_TRUE(connection_.lost());
}

}  // namespace
}  // namespace bxb::pq
