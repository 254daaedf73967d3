#include <mutex>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using testing::EphemeralPostgres;
using Kind = Outcome::Kind;

const std::string kKillWriters =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'bxb' AND datname = "
    "current_database()";

TEST_F(WriterTest, ReconnectsWhenItsConnectionsWereEnded) {
  auto writer = Open();
  ASSERT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  EXPECT_EQ(Value(kKillWriters), "2");
  EXPECT_TRUE(writer->WriteDurable(EventNamed("b"), kLong).stored());
  EXPECT_TRUE(writer->WriteDurable(EventNamed("a"), kLong).stored());
  EXPECT_GE(writer->stats().reconnects, 1);
  EXPECT_EQ(CountEvents(), 2);
}

TEST_F(WriterTest, CountsABatchOnceWhoseConnectionWasLostBeforeTheAnswer) {
  auto writer = Open({.lanes = 1});
  ASSERT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  ASSERT_EQ(writer->Flush(kLong).inserted, 1);
  auto lock = LockEvents();
  WriteMany(*writer, 100);
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bxb' AND datname = "
      "current_database() AND wait_event_type = 'Lock'";
  while (Value(waiting) == "0") {
  }
  EXPECT_EQ(Value(kKillWriters), "1");
  Unlock(lock);
  const FlushReport report = writer->Flush(kLong);
  EXPECT_TRUE(report.all_stored()) << report;
  EXPECT_EQ(report.inserted, 100);
  EXPECT_EQ(CountEvents(), 101);
}

TEST_F(WriterTest, TellsTheLogHookWhatItDoesAndNoPassword) {
  std::mutex mutex;
  std::string lines;
  WriterOptions options;
  options.dsn = dsn_ + " password=hush";
  options.create_table = true;
  options.lanes = 1;
  options.log = [&](LogLevel, std::string_view line) {
    const std::lock_guard lock(mutex);
    lines += std::string(line) + "\n";
  };
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  Value(kKillWriters);
  EXPECT_TRUE((*writer)->WriteDurable(EventNamed("a"), kLong).stored());
  const std::lock_guard lock(mutex);
  EXPECT_THAT(lines, ::testing::HasSubstr("reconnected"));
  EXPECT_THAT(lines, ::testing::Not(::testing::HasSubstr("hush")));
}

TEST(WriterRecovery, DeliversEverythingAfterTheServerCrashedAndCameBack) {
  auto server = EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  auto writer =
      EventWriter::Open({.dsn = (*server)->dsn(), .create_table = true, .batch_rows = 200, .batch_bytes = 256 << 10});
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 5000; ++i) {
    if (i == 2500) {
      ASSERT_TRUE((*server)->Kill().ok());
    }
    ASSERT_TRUE((*writer)->Write(EventNamed("t" + std::to_string(i))).ok());
  }
  ASSERT_TRUE((*server)->Restart().ok());
  const FlushReport report = (*writer)->Close(kLong);
  EXPECT_TRUE(report.all_stored()) << report;
  EXPECT_EQ(report.inserted + report.duplicates, 5000);
  EXPECT_EQ(testing::SqlValue((*server)->dsn(), "SELECT count(*) FROM events"), "5000");
}

TEST(WriterRecovery, RejectsABatchThatWasNeverSentWhenItsTimeIsUp) {
  auto server = EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  auto writer =
      EventWriter::Open({.dsn = (*server)->dsn(), .create_table = true, .commit_timeout = absl::Milliseconds(200)});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*server)->Stop().ok());
  const Outcome outcome = (*writer)->WriteDurable(EventNamed("a"), kLong);
  EXPECT_FALSE(outcome.stored());
  EXPECT_FALSE(outcome.status.ok());
  ASSERT_TRUE((*server)->Restart().ok());
  EXPECT_EQ(testing::SqlValue((*server)->dsn(), "SELECT count(*) FROM events"), "0");
}

TEST(WriterRecovery, FindsTheWritableHostAgainAfterAFailover) {
  auto primary = EphemeralPostgres::Start();
  ASSERT_TRUE(primary.ok()) << primary.status();
  auto standby = (*primary)->StartStandby("s1");
  ASSERT_TRUE(standby.ok()) << standby.status();
  const std::string dsn = "host=" + (*standby)->dir() + "," + (*primary)->dir() + " user=postgres dbname=postgres";
  auto writer = EventWriter::Open({.dsn = dsn, .create_table = true});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_EQ((*writer)->WriteDurable(EventNamed("before"), kLong).kind, Kind::kInserted);
  ASSERT_TRUE((*standby)->WaitForReplay(**primary, kLong).ok());
  ASSERT_TRUE((*primary)->Kill().ok());
  ASSERT_TRUE((*standby)->Promote().ok());
  const Outcome after = (*writer)->WriteDurable(EventNamed("after"), kLong);
  EXPECT_TRUE(after.stored());
  EXPECT_EQ(after.timeline, 2U);
  EXPECT_EQ((*writer)->Flush(kLong).token().timeline, 2U);
  EXPECT_EQ((*standby)->Query("SELECT count(*) FROM events")->at(0).at(0), "2");
}

TEST(WriterRecovery, NeverRejectsWhatFailedOnlyBehindTheCommit) {
  auto server = EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->Query("CREATE ROLE app LOGIN; GRANT CREATE ON SCHEMA public TO app").ok());
  ASSERT_TRUE((*server)->Query("REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM public").ok());
  auto writer = EventWriter::Open({.dsn = (*server)->dsn() + " user=app", .create_table = true});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const Outcome outcome = (*writer)->WriteDurable(EventNamed("a"), kLong);
  EXPECT_EQ(outcome.kind, Kind::kInserted) << outcome;
  EXPECT_EQ(outcome.durability, Durability::kNone);
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a"), kLong).kind, Kind::kDuplicate);
}

TEST(WriterRecovery, ClaimsNoStandbysDiskWhenWaitingForItWasCancelled) {
  auto server = EphemeralPostgres::Start({.settings = {{"synchronous_standby_names", "ghost"}}});
  ASSERT_TRUE(server.ok()) << server.status();
  {
    auto local = EventWriter::Open({.dsn = (*server)->dsn() + " options='-c synchronous_commit=local'",
                                    .create_table = true,
                                    .synchronous_commit = SynchronousCommit::kLocal});
    ASSERT_TRUE(local.ok()) << local.status();
  }
  auto writer = EventWriter::Open({.dsn = (*server)->dsn(), .lanes = 1});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const auto ticket = (*writer)->Write(EventNamed("a"));
  const std::string cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  while ((*server)->Query(cancel)->at(0).at(0) == "0") {
  }
  const Outcome outcome = ticket->Wait(kLong);
  EXPECT_EQ(outcome.kind, Kind::kInserted) << outcome;
  EXPECT_EQ(outcome.durability, Durability::kLocalFsync);
}

TEST_F(WriterTest, RetriesWhatAnOperatorCancelled) {
  auto writer = Open({.lanes = 1});
  auto lock = LockEvents();
  const auto ticket = writer->Write(EventNamed("a"));
  const std::string cancel =
      "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
      "AND datname = current_database()";
  while (Value(cancel) == "0") {
  }
  Unlock(lock);
  EXPECT_EQ(ticket->Wait(kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->stats().retries, 1);
}

TEST_F(WriterTest, ClaimsNoDiskForAnUnloggedTable) {
  {
    auto creator = Open();
  }
  Run("ALTER TABLE events SET UNLOGGED");
  EXPECT_EQ(Open()->WriteDurable(EventNamed("a")).durability, Durability::kNone);
}

TEST(WriterRecovery, AcknowledgesTheStandbysDiskUnderSynchronousReplication) {
  auto server = EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  auto standby = (*server)->StartStandby("s1");
  ASSERT_TRUE(standby.ok()) << standby.status();
  ASSERT_TRUE((*server)->Query("ALTER SYSTEM SET synchronous_standby_names = 's1'").ok());
  ASSERT_TRUE((*server)->Query("SELECT pg_reload_conf()").ok());
  const auto durability = [&](SynchronousCommit level) {
    auto writer = EventWriter::Open({.dsn = (*server)->dsn(), .create_table = true, .synchronous_commit = level});
    EXPECT_TRUE(writer.ok()) << writer.status();
    const Outcome outcome = (*writer)->WriteDurable(EventNamed(std::to_string(static_cast<int>(level))), kLong);
    EXPECT_EQ(outcome.kind, Kind::kInserted) << outcome;
    return outcome.durability;
  };
  EXPECT_EQ(durability(SynchronousCommit::kLocal), Durability::kLocalFsync);
  EXPECT_EQ(durability(SynchronousCommit::kRemoteWrite), Durability::kRemoteWrite);
  EXPECT_EQ(durability(SynchronousCommit::kOn), Durability::kRemoteFlush);
  EXPECT_EQ(durability(SynchronousCommit::kRemoteApply), Durability::kRemoteApply);
  EXPECT_EQ((*standby)->Query("SELECT count(*) FROM events")->at(0).at(0), "4");
}

}  // namespace
}  // namespace bxb
