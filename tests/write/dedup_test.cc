#include <atomic>
#include <thread>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using testing::EphemeralPostgres;
using Kind = Outcome::Kind;

class DedupTest : public WriterTest {
 protected:
  static Event Changed(Event event) {
    event.value = 4;
    return event;
  }
};

TEST_F(DedupTest, AnswersARepeatedEventWithoutTheServer) {
  auto writer = Open();
  const Outcome first = writer->WriteDurable(EventNamed("a"), kLong);
  const auto again = writer->Write(EventNamed("a"));
  const auto outcome = again->TryGet();  // at once: nobody was waited for
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->kind, Kind::kDuplicate);
  EXPECT_EQ(outcome->durability, first.durability);
  EXPECT_GE(outcome->lsn, first.lsn);
  EXPECT_EQ(writer->stats().batches, 1);
  EXPECT_EQ(writer->stats().cache_hits, 1);
}

TEST_F(DedupTest, CallsBackForARepeatedEventToo) {
  auto writer = Open();
  writer->WriteDurable(EventNamed("a"), kLong);
  Outcome told;
  ASSERT_TRUE(writer->Write(EventNamed("a"), [&](const Outcome& outcome) { told = outcome; }).ok());
  EXPECT_EQ(told.kind, Kind::kDuplicate);
  EXPECT_EQ(writer->Flush(kLong).duplicates, 1);
}

TEST_F(DedupTest, TellsWhetherTheRepeatedEventDiffers) {
  auto writer = Open();
  writer->WriteDurable(EventNamed("a"), kLong);
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).payload_differed, false);
  EXPECT_EQ(writer->WriteDurable(Changed(EventNamed("a")), kLong).payload_differed, true);
}

TEST_F(DedupTest, DoesNotKnowWhetherItDiffersFromWhatAnotherWriterWrote) {
  Open()->WriteDurable(EventNamed("a"), kLong);
  auto writer = Open();
  const Outcome outcome = writer->WriteDurable(EventNamed("a"), kLong);
  EXPECT_EQ(outcome.kind, Kind::kDuplicate);
  EXPECT_EQ(outcome.payload_differed, std::nullopt);
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).payload_differed, std::nullopt);
  EXPECT_EQ(writer->stats().cache_hits, 1);
}

TEST_F(DedupTest, GivesTheDuplicateOfAPendingEventItsOutcome) {
  auto writer = Open({.lanes = 1});
  auto lock = LockEvents();
  const auto first = writer->Write(EventNamed("a"));
  std::atomic<int> called = 0;
  const auto second = writer->Write(EventNamed("a"));
  ASSERT_TRUE(writer->Write(EventNamed("a"), [&](const Outcome& o) { called += o.kind == Kind::kDuplicate; }).ok());
  EXPECT_FALSE(second->TryGet().has_value());
  EXPECT_EQ(writer->stats().pending, 3);
  Unlock(lock);
  EXPECT_EQ(first->Wait(kLong).kind, Kind::kInserted);
  const Outcome outcome = second->Wait(kLong);
  EXPECT_EQ(outcome.kind, Kind::kDuplicate);
  EXPECT_EQ(outcome.payload_differed, false);
  const FlushReport report = writer->Flush(kLong);
  EXPECT_EQ(report.inserted, 1) << report;
  EXPECT_EQ(report.duplicates, 2) << report;
  EXPECT_EQ(called, 1);
  EXPECT_EQ(writer->stats().joined, 2);
  EXPECT_EQ(writer->stats().merges, 0);
}

TEST_F(DedupTest, WritesADuplicateOfAPendingEventThatDiffers) {
  auto writer = Open({.lanes = 1});
  auto lock = LockEvents();
  const auto first = writer->Write(EventNamed("a"));
  const auto second = writer->Write(Changed(EventNamed("a")));
  Unlock(lock);
  EXPECT_EQ(first->Wait(kLong).kind, Kind::kInserted);
  EXPECT_EQ(second->Wait(kLong).kind, Kind::kDuplicate);
  EXPECT_EQ(Value("SELECT value FROM events"), "3");
}

TEST_F(DedupTest, FreesTheClaimOfARejectedEvent) {
  auto writer = Open({.lanes = 1});
  Run("ALTER TABLE events ADD CONSTRAINT no_three CHECK (value <> 3)");
  auto lock = LockEvents();
  const auto first = writer->Write(EventNamed("a"));
  const auto same = writer->Write(EventNamed("a"));
  const auto other = writer->Write(Changed(EventNamed("a")));
  Unlock(lock);
  EXPECT_EQ(first->Wait(kLong).kind, Kind::kRejected);
  EXPECT_EQ(same->Wait(kLong).kind, Kind::kRejected);
  EXPECT_EQ(SqlStateOf(same->Wait(kLong).status), "23514");
  EXPECT_EQ(other->Wait(kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->WriteDurable(EventNamed("b"), kLong).kind, Kind::kRejected);
  Run("ALTER TABLE events DROP CONSTRAINT no_three");
  EXPECT_EQ(writer->WriteDurable(EventNamed("b"), kLong).kind, Kind::kInserted);
}

TEST_F(DedupTest, RemembersNothingThatACrashMayTakeBack) {
  auto writer = Open({.synchronous_commit = SynchronousCommit::kOff});
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->stats().cache_keys, 0);
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kDuplicate);
  EXPECT_EQ(writer->stats().cache_hits, 0);
}

TEST_F(DedupTest, TakesNothingAfterCloseEvenWhatItKnows) {
  auto writer = Open({.lanes = 1});
  auto lock = LockEvents();
  const auto first = writer->Write(EventNamed("a"));
  while (writer->Write(EventNamed("a")).ok() && writer->stats().joined == 0) {
  }
  Unlock(lock);
  const FlushReport report = writer->Close(kLong);
  EXPECT_EQ(report.inserted, 1) << report;
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(writer->Write(EventNamed(name)).status().code(), absl::StatusCode::kFailedPrecondition) << name;
  }
  EXPECT_EQ(writer->stats().pending, 0);
  EXPECT_EQ(writer->Close(kLong).duplicates, 0);
}

TEST_F(DedupTest, AsksTheServerEveryTimeWithoutACache) {
  auto writer = Open({.dedup_cache_bytes = 0});
  writer->WriteDurable(EventNamed("a"), kLong);
  Run("DELETE FROM events");
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->stats().cache_bytes, 0);
}

TEST_F(DedupTest, RemembersNoMoreThanItsMemoryHolds) {
  auto writer = Open({.dedup_cache_bytes = 1536});
  for (int round = 0; round < 2; ++round) {
    WriteMany(*writer, 5000);
    EXPECT_TRUE(writer->Flush(kLong).all_stored());
  }
  EXPECT_LE(writer->stats().cache_keys, 64);
  EXPECT_LE(writer->stats().cache_bytes, 32 << 10);
  EXPECT_EQ(CountEvents(), 5000);
}

TEST_F(DedupTest, KnowsTheMostRecentEventsAfterWarmingUp) {
  {
    auto before = Open({.lanes = 1});
    WriteMany(*before, 2000);
    ASSERT_TRUE(before->Flush(kLong).all_stored());
  }
  Run("ANALYZE events");
  auto writer = Open({.warm_up_keys = 500});
  EXPECT_GE(writer->stats().cache_keys, 500);
  EXPECT_LT(writer->stats().cache_keys, 1000);
  std::optional<Outcome> known;
  for (int i = 0; i < 2000 && !known; ++i) known = writer->Write(EventNamed("txn_" + std::to_string(i)))->TryGet();
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->kind, Kind::kDuplicate);
  EXPECT_EQ(known->durability, Durability::kLocalFsync);
  EXPECT_GT(known->lsn, Lsn{});
}

TEST_F(DedupTest, StartsWithoutWarmingUpWhereItMayNotRead) {
  std::string lines;
  {
    auto creator = Open();
  }
  const std::string role = "cold_" + Value("SELECT current_database()");
  Run("CREATE ROLE " + role + " LOGIN; GRANT INSERT, SELECT (organization_id, transaction_id) ON events TO " + role +
      "; GRANT USAGE ON SEQUENCE events_id_seq TO " + role);
  WriterOptions options = {.dsn = dsn_ + " user=" + role, .warm_up_keys = 10};
  options.log = [&](LogLevel, std::string_view line) { lines += line; };
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_THAT(lines, ::testing::HasSubstr("not warmed up"));
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
}

TEST_F(DedupTest, LooksDuplicatesUpFirstWhileMostBatchesHoldThem) {
  auto writer = Open({.lanes = 1, .dedup_cache_bytes = 0});
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(writer->WriteDurable(EventNamed("a"), kLong).stored());
  }
  const WriterStats stats = writer->stats();
  EXPECT_EQ(stats.conflicts, 2);  // then it knew
  EXPECT_EQ(stats.merges, 2);
  EXPECT_EQ(stats.lookups, 3);
  EXPECT_GT(stats.conflict_rate, 0.5);
}

TEST_F(DedupTest, CopiesWhatTheLookUpDidNotFind) {
  auto writer = Open({.lanes = 1, .linger = absl::Milliseconds(200), .dedup_cache_bytes = 0});
  for (int i = 0; i < 4; ++i) writer->WriteDurable(EventNamed("a"), kLong);
  const std::vector<Event> events = {EventNamed("z"), EventNamed("a"), EventNamed("c"), EventNamed("c")};
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted) << outcomes[0];
  EXPECT_EQ(outcomes[1].kind, Kind::kDuplicate) << outcomes[1];
  EXPECT_EQ(outcomes[2].kind, Kind::kInserted) << outcomes[2];
  EXPECT_EQ(outcomes[3].kind, Kind::kDuplicate) << outcomes[3];
  EXPECT_EQ(outcomes[1].durability, Durability::kLocalFsync);
  EXPECT_GE(writer->stats().lookups, 1);
  EXPECT_EQ(CountEvents(), 3);
}

TEST(DedupRecovery, ForgetsWhatTheServerHasForgotten) {
  auto primary = EphemeralPostgres::Start();
  ASSERT_TRUE(primary.ok()) << primary.status();
  auto standby = (*primary)->StartStandby("s1");
  ASSERT_TRUE(standby.ok()) << standby.status();
  const std::string dsn = "host=" + (*primary)->dir() + "," + (*standby)->dir() + " user=postgres dbname=postgres";
  auto writer = EventWriter::Open({.dsn = dsn, .create_table = true});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*standby)->WaitForReplay(**primary, kLong).ok());
  ASSERT_TRUE((*standby)->Stop().ok());  // it is asynchronous: nobody waits for it
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("lost"), kLong).kind, Kind::kInserted);
  ASSERT_TRUE((*primary)->Kill().ok());
  ASSERT_TRUE((*standby)->Restart().ok());
  ASSERT_TRUE((*standby)->Promote().ok());
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("b"), kLong).kind, Kind::kInserted);
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("lost"), kLong).kind, Kind::kInserted);
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("b"), kLong).kind, Kind::kDuplicate);
}

TEST_F(DedupTest, CountsOnceWhatManyThreadsRepeatAtOnce) {
  auto writer = Open({.batch_rows = 50});
  std::atomic<int> inserted = 0, duplicates = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const std::string name = "txn_" + std::to_string(i);
        const auto taken = writer->Write(EventNamed(name), [&](const Outcome& outcome) {
          (outcome.kind == Kind::kInserted ? inserted : duplicates) += outcome.stored() ? 1 : 1'000'000;
        });
        EXPECT_TRUE(taken.ok()) << taken;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const FlushReport report = writer->Flush(kLong);
  EXPECT_EQ(report.inserted, 500) << report;
  EXPECT_EQ(report.duplicates, 3500) << report;
  EXPECT_EQ(inserted, 500);
  EXPECT_EQ(duplicates, 3500);
  EXPECT_EQ(writer->stats().pending, 0);
  EXPECT_EQ(CountEvents(), 500);
}

}  // namespace
}  // namespace bxb
