// Replays give every committed row once, whatever transactions are under way meanwhile, and wherever they are read.
#include "read/replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "read/replay_support.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kWriters = 4;
constexpr absl::Duration kWriting = absl::Seconds(6);

std::set<std::int64_t> IdsIn(const std::string& dsn) {
  std::set<std::int64_t> ids;
  for (const auto& row : Sql(dsn, "SELECT id FROM marks")) ids.insert(std::stoll(*row[0]));
  return ids;
}

/// One connection that runs transactions of every kind, one after the other.
class MarkWriter {
 public:
  MarkWriter(const std::string& dsn, int number, std::uint64_t seed)
      : connection_(Connect(dsn)), number_(number), random_(seed + static_cast<std::uint64_t>(number)) {}

  void RunUntil(const std::atomic<bool>& stop) {
    while (!stop) Transaction();
    if (!prepared_.empty()) FinishPrepared();
  }

 private:
  int Upto(int limit) { return std::uniform_int_distribution<int>(0, limit)(random_); }

  void Run(const std::string& sql) {
    const auto ran = connection_.Query(sql, Soon());
    EXPECT_TRUE(ran.ok()) << sql << ": " << ran.status();
  }

  void Insert() {
    Run(fmt::format("INSERT INTO marks VALUES ({})", std::int64_t{1'000'000} * (number_ + 1) + ++last_));
    // Most transactions are short, and some are open while many others come and go.
    if (Upto(9) == 0) Run(fmt::format("SELECT pg_sleep({})", Upto(100) / 1000.0));
  }

  void InsertInSavepoint() {
    Run("SAVEPOINT s");
    Insert();
    Run(Upto(2) == 0 ? "ROLLBACK TO s" : "RELEASE s");
  }

  void FinishPrepared() {
    Run(fmt::format("{} PREPARED '{}'", Upto(2) == 0 ? "ROLLBACK" : "COMMIT", prepared_));
    prepared_.clear();
  }

  void Transaction() {
    Run("BEGIN");
    for (int rows = Upto(5); rows >= 0; --rows) Upto(3) == 0 ? InsertInSavepoint() : Insert();
    const int end = Upto(9);
    if (end == 0 && prepared_.empty()) {
      prepared_ = fmt::format("p{}_{}", number_, last_);
      Run(fmt::format("PREPARE TRANSACTION '{}'", prepared_));
      return;
    }
    Run(end < 3 ? "ROLLBACK" : "COMMIT");
    if (!prepared_.empty() && Upto(4) == 0) FinishPrepared();
  }

  pq::Connection connection_;
  const int number_;
  std::mt19937_64 random_;
  std::int64_t last_ = 0;
  std::string prepared_;
};

/// A primary and its standby, and writers on the primary.
class ReplayTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    primary = EphemeralPostgres::Start({.settings = {{"max_prepared_transactions", "10"}}}).value();
    standby = primary->StartStandby("s1").value();
  }

  static void TearDownTestSuite() {
    standby.reset();
    primary.reset();
  }

  void SetUp() override {
    database_ = primary->CreateDatabase().value();
    Sql(primary->dsn(database_), kMarks);
    CatchUp();
  }

  static void CatchUp() {
    const absl::Status replayed = standby->WaitForReplay(*primary, absl::Seconds(30));
    ASSERT_TRUE(replayed.ok()) << replayed;
  }

  /// Writes for a while and replays meanwhile, each round where `pick` says.
  void ExpectEachRowOnce(const std::function<pq::Connection&()>& pick) {
    RecordProperty("seed", std::to_string(seed_));
    std::cout << "seed " << seed_ << "\n";
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (int number = 0; number < kWriters; ++number) {
      threads.emplace_back([&, number] { MarkWriter(primary->dsn(database_), number, seed_).RunUntil(stop); });
    }
    int rounds = 0;
    for (const absl::Time end = absl::Now() + kWriting; absl::Now() < end; ++rounds) replay_.Round(pick());
    const std::size_t meanwhile = replay_.delivered().size();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    // A commit that is flushed: a rollback is not, and until the standby has seen it, it waits for that transaction.
    Sql(primary->dsn(database_), "INSERT INTO marks VALUES (0)");
    CatchUp();
    replay_.Round(pick());
    const std::set<std::int64_t> all = IdsIn(primary->dsn(database_));
    EXPECT_EQ(replay_.delivered(), all);
    std::cout << all.size() << " rows in " << rounds << " rounds, " << meanwhile << " of them while others came\n";
    EXPECT_GT(meanwhile, all.size() / 2);
  }

  static inline std::unique_ptr<EphemeralPostgres> primary;
  static inline std::unique_ptr<EphemeralPostgres> standby;

  const std::uint64_t seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
  std::string database_;
  MarkReplay replay_;
};

TEST_F(ReplayTest, GivesEachRowOnceOnThePrimary) {
  pq::Connection connection = Connect(primary->dsn(database_));
  ExpectEachRowOnce([&]() -> pq::Connection& { return connection; });
}

TEST_F(ReplayTest, GivesEachRowOnceOnAStandby) {
  pq::Connection connection = Connect(standby->dsn(database_));
  ExpectEachRowOnce([&]() -> pq::Connection& { return connection; });
}

TEST_F(ReplayTest, GivesEachRowOnceWhereverEachRoundIsRead) {
  pq::Connection on_primary = Connect(primary->dsn(database_));
  pq::Connection on_standby = Connect(standby->dsn(database_));
  ExpectEachRowOnce([&]() -> pq::Connection& { return random_() % 2 == 0 ? on_primary : on_standby; });
}

TEST_F(ReplayTest, DeliversALateCommitThatAWatermarkMisses) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection late = Connect(dsn);
  pq::Connection reader = Connect(dsn);
  const auto run = [](pq::Connection& connection, const std::string& sql) {
    return connection.Query(sql, Soon()).value();
  };
  run(late, "BEGIN; INSERT INTO marks VALUES (1)");
  Sql(dsn, "INSERT INTO marks VALUES (2)");

  const std::string watermark = *run(reader, "SELECT max(created_at) FROM marks").at(0).at(0);
  EXPECT_THAT(replay_.Round(reader), IsEmpty()) << "2 is above the oldest transaction under way";
  run(late, "COMMIT");
  EXPECT_THAT(run(reader, "SELECT id FROM marks WHERE created_at > '" + watermark + "'"), IsEmpty());
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1, 2));
  EXPECT_THAT(replay_.Round(reader), IsEmpty());
}

TEST_F(ReplayTest, WaitsForPreparedTransactions) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection reader = Connect(dsn);
  Sql(dsn, "BEGIN; INSERT INTO marks VALUES (1); PREPARE TRANSACTION 'p'");
  Sql(dsn, "INSERT INTO marks VALUES (2)");
  EXPECT_THAT(replay_.Round(reader), IsEmpty());
  Sql(dsn, "COMMIT PREPARED 'p'");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1, 2));
}

TEST_F(ReplayTest, AnUpdatedRowComesAgain) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection reader = Connect(dsn);
  Sql(dsn, "INSERT INTO marks VALUES (1), (2)");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1, 2));
  Sql(dsn, "UPDATE marks SET id = 3 WHERE id = 1");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(3));
}

TEST_F(ReplayTest, FrozenAndRewrittenRowsStayWhereTheyWere) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection reader = Connect(dsn);
  Sql(dsn, "INSERT INTO marks VALUES (1)");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1));
  Sql(dsn, "INSERT INTO marks VALUES (2)");
  Sql(dsn, "VACUUM (FREEZE) marks");
  Sql(dsn, "VACUUM (FULL) marks");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(2));
  EXPECT_THAT(MarkReplay().Round(reader), ElementsAre(1, 2));
}

TEST_F(ReplayTest, ARewrittenTableComesAgain) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection reader = Connect(dsn);
  Sql(dsn, "INSERT INTO marks VALUES (1)");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1));
  Sql(dsn, "ALTER TABLE marks ALTER created_at TYPE text");
  EXPECT_THAT(MarkReplay(replay_.position()).Round(reader), ElementsAre(1));
}

TEST_F(ReplayTest, NeedsToReadTheSystemColumnToo) {
  const std::string dsn = primary->dsn(database_);
  Sql(dsn,
      "DROP ROLE IF EXISTS replayer; CREATE ROLE replayer LOGIN; GRANT SELECT (id) ON marks TO replayer; "
      "INSERT INTO marks VALUES (1)");
  pq::Connection reader = Connect(dsn + " user=replayer");
  auto plan = read::PlanScan(reader, RowCodec<Mark>::Shape(), {}, Soon()).value();
  plan.conditions.push_back(read::CommittedBetween({.xid = 3}, {.xid = 1'000'000}));
  RowSink<Mark> rows([](const Mark&) { return absl::OkStatus(); });
  EXPECT_EQ(read::StreamScan(reader, plan, rows.sink(), Soon()).status().code(), absl::StatusCode::kPermissionDenied);
  Sql(dsn, "GRANT SELECT (xmin) ON marks TO replayer");
  EXPECT_EQ(read::StreamScan(reader, plan, rows.sink(), Soon()).value(), 1);
}

TEST_F(ReplayTest, CountsTheRowsOfPartitions) {
  const std::string dsn = primary->dsn(database_);
  pq::Connection reader = Connect(dsn);
  Sql(dsn,
      "DROP TABLE marks; CREATE TABLE marks (id bigint) PARTITION BY RANGE (id); "
      "CREATE TABLE marks_a PARTITION OF marks FOR VALUES FROM (0) TO (10); "
      "CREATE TABLE marks_b PARTITION OF marks FOR VALUES FROM (10) TO (20); INSERT INTO marks VALUES (1), (11)");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(1, 11));
  Sql(dsn, "INSERT INTO marks VALUES (2), (12)");
  EXPECT_THAT(replay_.Round(reader), ElementsAre(2, 12));
}

// A position behind transactions whose ends were not flushed would miss those that get their numbers after a crash.
TEST(ReplayAfterACrash, MissesNothingThoughNumbersAreGivenOutAgain) {
  const auto server =
      EphemeralPostgres::Start({.settings = {{"synchronous_commit", "off"}, {"wal_writer_delay", "1s"}}}).value();
  Sql(server->dsn(), kMarks);
  MarkReplay replay;
  for (int round = 0; round < 3; ++round) {
    for (int id = 0; id < 50; ++id) Sql(server->dsn(), fmt::format("INSERT INTO marks VALUES ({})", 1000 * round + id));
    {
      pq::Connection reader = Connect(server->dsn());
      replay.Round(reader);
    }
    ASSERT_TRUE(server->Kill().ok());
    ASSERT_TRUE(server->Restart().ok());
    EXPECT_EQ(replay.delivered(), IdsIn(server->dsn())) << "what was delivered has survived";
  }
}

}  // namespace
}  // namespace bxb::testing
