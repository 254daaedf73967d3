#include "bxb/writer.h"

#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Outcome::Kind;

std::vector<Kind> Kinds(const std::vector<Outcome>& outcomes) {
  std::vector<Kind> kinds;
  for (const Outcome& outcome : outcomes) kinds.push_back(outcome.kind);
  return kinds;
}

TEST_F(WriterTest, StoresEveryFieldExactly) {
  auto writer = Open();
  Event event = EventNamed("txn_42");
  event.timestamp = absl::FromUnixMicros(1'700'000'000'123'456);
  event.value = 0.1;
  event.decimal_value = *Decimal::Parse("12345678901234567890.123456789");
  const Outcome outcome = writer->WriteDurable(event);
  ASSERT_EQ(outcome.kind, Kind::kInserted) << outcome;
  const auto rows =
      testing::Sql(dsn_,
                   "SET timezone='UTC'; SELECT id, organization_id, transaction_id, external_customer_id, "
                   "code, timestamp, properties, value, decimal_value, created_at <= now() FROM events");
  ASSERT_EQ(rows.size(), 1);
  EXPECT_THAT(rows[0], ElementsAre("1", "0783aa7a-d953-5f66-aac9-945daa57d5b5", "txn_42", "cust_7", "api_calls",
                                   "2023-11-14 22:13:20.123456+00", "{\"region\": \"eu\"}", "0.1",
                                   "12345678901234567890.123456789", "t"));
}

TEST_F(WriterTest, AcknowledgesWithAPositionAndWhatItProves) {
  auto writer = Open();
  const std::string before = Value("SELECT pg_current_wal_insert_lsn()");
  const Outcome outcome = writer->WriteDurable(EventNamed("a"));
  EXPECT_EQ(outcome.durability, Durability::kLocalFsync);
  EXPECT_GT(outcome.lsn, *Lsn::Parse(before));
  EXPECT_LE(outcome.lsn, *Lsn::Parse(Value("SELECT pg_current_wal_insert_lsn()")));
  std::ostringstream text;
  text << outcome;
  EXPECT_EQ(text.str(), "inserted, on the primary's disk, lsn " + outcome.lsn.ToString());
}

TEST_F(WriterTest, StatesThatAnAsynchronousCommitIsNotOnDisk) {
  auto writer = Open({.synchronous_commit = SynchronousCommit::kOff});
  EXPECT_EQ(writer->WriteDurable(EventNamed("a")).durability, Durability::kNone);
}

TEST_F(WriterTest, IsDurableByDefaultWhateverTheDatabasesDefault) {
  Run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
  EXPECT_EQ(Open()->WriteDurable(EventNamed("a")).durability, Durability::kLocalFsync);
  auto follower = Open({.synchronous_commit = SynchronousCommit::kServerDefault});
  EXPECT_EQ(follower->WriteDurable(EventNamed("b")).durability, Durability::kNone);
}

TEST_F(WriterTest, ReportsWhatAFlushAchieved) {
  auto writer = Open();
  WriteMany(*writer, 2500);
  const FlushReport report = writer->Flush(kLong);
  EXPECT_TRUE(report.all_stored()) << report;
  EXPECT_EQ(report.inserted, 2500);
  EXPECT_GT(report.lsn.value, 0);
  EXPECT_EQ(CountEvents(), 2500);
  EXPECT_EQ(writer->Flush(kLong).inserted, 0);
}

TEST_F(WriterTest, KeepsTheOutcomeInTheTicket) {
  auto writer = Open({.lanes = 1});
  const auto first = writer->Write(EventNamed("a"));
  const auto second = writer->Write(EventNamed("a"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(writer->Flush(kLong).all_stored());
  writer.reset();
  EXPECT_EQ(first->TryGet()->kind, Kind::kInserted);
  EXPECT_EQ(second->TryGet()->kind, Kind::kDuplicate);
}

TEST_F(WriterTest, CallsBackExactlyOnceForEachEvent) {
  auto writer = Open();
  std::mutex mutex;
  std::vector<int> calls(1000);
  for (int i = 0; i < 1000; ++i) {
    const auto status = writer->Write(EventNamed("t" + std::to_string(i)), [&, i](const Outcome& outcome) {
      const std::lock_guard lock(mutex);
      calls[static_cast<std::size_t>(i)] += outcome.stored() ? 1 : 1000;
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(writer->Flush(kLong).all_stored());
  const std::lock_guard lock(mutex);
  EXPECT_EQ(calls, std::vector<int>(1000, 1));
}

TEST_F(WriterTest, NeverCallsBackForAnEventItRefused) {
  auto writer = Open();
  bool called = false;
  const auto status = writer->Write(EventNamed(std::string_view("nul\0", 4)), [&](const Outcome&) { called = true; });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  writer->Close(kLong);
  EXPECT_FALSE(called);
}

TEST_F(WriterTest, AnswersABatchInInputOrder) {
  auto writer = Open({.lanes = 1});
  EXPECT_EQ(writer->WriteDurable(EventNamed("m")).kind, Kind::kInserted);
  Event invalid = EventNamed("x");
  invalid.properties = "[1]";
  const std::vector<Event> events = {EventNamed("z"), EventNamed("m"), invalid, EventNamed("a"), EventNamed("z")};
  const auto outcomes = writer->WriteBatch(events);
  EXPECT_THAT(Kinds(outcomes),
              ElementsAre(Kind::kInserted, Kind::kDuplicate, Kind::kRejected, Kind::kInserted, Kind::kDuplicate));
  EXPECT_THAT(std::string(outcomes[2].status.message()), HasSubstr("properties"));
  EXPECT_EQ(CountEvents(), 3);
}

TEST_F(WriterTest, CountsTheSameEventsOnceHoweverOftenTheyAreWritten) {
  for (int round = 0; round < 3; ++round) {
    auto writer = Open({.batch_rows = 500});
    WriteMany(*writer, 3000);
    const FlushReport report = writer->Close(kLong);
    EXPECT_TRUE(report.all_stored()) << report;
    EXPECT_EQ(report.inserted, round == 0 ? 3000 : 0);
    EXPECT_EQ(report.duplicates, round == 0 ? 0 : 3000);
  }
  EXPECT_EQ(CountEvents(), 3000);
}

TEST_F(WriterTest, InsertsTheNewOnesAmongDuplicates) {
  auto writer = Open({.dedup_cache_bytes = 0});
  WriteMany(*writer, 100);
  EXPECT_EQ(writer->Flush(kLong).inserted, 100);
  WriteMany(*writer, 250);
  const FlushReport report = writer->Flush(kLong);
  EXPECT_EQ(report.inserted, 150) << report;
  EXPECT_EQ(report.duplicates, 100);
  EXPECT_EQ(Value("SELECT count(DISTINCT transaction_id) FROM events"), "250");
}

TEST_F(WriterTest, GivesOneOfTwoWritersTheInsert) {
  auto a = Open();
  auto b = Open();
  std::thread other([&] { WriteMany(*b, 5000); });
  WriteMany(*a, 5000);
  other.join();
  const FlushReport ra = a->Close(kLong), rb = b->Close(kLong);
  EXPECT_TRUE(ra.all_stored() && rb.all_stored()) << ra << "\n" << rb;
  EXPECT_EQ(ra.inserted + rb.inserted, 5000);
  EXPECT_EQ(ra.duplicates + rb.duplicates, 5000);
  EXPECT_EQ(CountEvents(), 5000);
}

TEST_F(WriterTest, TakesEventsFromManyThreads) {
  auto writer = Open();
  std::atomic<int> inserted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        inserted += writer->WriteDurable(EventNamed(id)).kind == Kind::kInserted ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(inserted, 400);
  EXPECT_EQ(CountEvents(), 400);
}

TEST_F(WriterTest, GathersWhatArrivesWithinTheLinger) {
  auto writer = Open({.linger = absl::Milliseconds(300)});
  WriteMany(*writer, 50);
  EXPECT_TRUE(writer->Flush(kLong).all_stored());
  EXPECT_EQ(writer->stats().batches, 1);
}

TEST_F(WriterTest, SendsALingeringBatchWithoutAFlush) {
  auto writer = Open({.linger = absl::Milliseconds(20)});
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
}

TEST_F(WriterTest, GrowsBatchesWhileTheLanesAreBusy) {
  auto writer = Open({.lanes = 1});
  WriteMany(*writer, 1, "warm");
  ASSERT_TRUE(writer->Flush(kLong).all_stored());
  auto lock = LockEvents();
  WriteMany(*writer, 1000);
  Unlock(lock);
  EXPECT_TRUE(writer->Flush(kLong).all_stored());
  EXPECT_LE(writer->stats().batches, 3);
}

TEST_F(WriterTest, CutsBatchesByRowsAndBytes) {
  auto by_rows = Open({.batch_rows = 10, .linger = absl::Seconds(50)});
  WriteMany(*by_rows, 100, "r");
  EXPECT_TRUE(by_rows->Flush(kLong).all_stored());
  EXPECT_EQ(by_rows->stats().batches, 10);
  auto by_bytes = Open({.batch_bytes = 4096, .linger = absl::Seconds(50)});
  WriteMany(*by_bytes, 100, "b");
  EXPECT_TRUE(by_bytes->Flush(kLong).all_stored());
  const WriterStats stats = by_bytes->stats();
  EXPECT_GE(stats.batches, stats.bytes_sent / 4096);
  EXPECT_LE(stats.batches, stats.bytes_sent / 4096 + 3);
}

TEST_F(WriterTest, RefusesWhatPostgresqlWouldRefuseAndNamesTheColumn) {
  auto writer = Open();
  Event event = EventNamed("a");
  event.code = "caf\xe9";
  const auto ticket = writer->Write(event);
  EXPECT_EQ(ticket.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SqlStateOf(ticket.status()), "22021");
  EXPECT_EQ(ServerErrorOf(ticket.status()).column, "code");
  EXPECT_EQ(writer->stats().refused, 1);
}

TEST_F(WriterTest, RefusesAnEventLargerThanABatch) {
  auto writer = Open({.batch_bytes = 4096});
  const std::string large(5000, 'x');
  Event event = EventNamed("a");
  event.code = large;
  const auto ticket = writer->Write(event);
  EXPECT_EQ(ticket.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ticket.status().message()), HasSubstr("batch_bytes"));
}

TEST_F(WriterTest, KeepsTheServersWordsWhenABatchIsRejected) {
  auto writer = Open();
  Run("ALTER TABLE events ADD CONSTRAINT no_spam CHECK (code <> 'spam')");
  Event spam = EventNamed("s");
  spam.code = "spam";
  const Outcome outcome = writer->WriteDurable(spam);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(SqlStateOf(outcome.status), "23514");
  EXPECT_EQ(ServerErrorOf(outcome.status).constraint, "no_spam");
  EXPECT_EQ(writer->WriteDurable(EventNamed("ok")).kind, Kind::kInserted);
}

TEST_F(WriterTest, RejectsAViolationOfAnotherUniqueIndex) {
  auto writer = Open();
  Run("CREATE UNIQUE INDEX one_code ON events (code)");
  EXPECT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  const Outcome outcome = writer->WriteDurable(EventNamed("b"));
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(ServerErrorOf(outcome.status).constraint, "one_code");
  EXPECT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kDuplicate);
}

TEST_F(WriterTest, NeverAcknowledgesARowThatATriggerDropped) {
  auto writer = Open();
  Run("CREATE FUNCTION drop_spam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.code = 'spam' THEN RETURN NULL; "
      "END IF; RETURN new; END $$; CREATE TRIGGER t BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION drop_spam()");
  Event spam = EventNamed("s");
  spam.code = "spam";
  const std::vector<Event> events = {EventNamed("a"), spam, EventNamed("z")};
  const auto outcomes = writer->WriteBatch(events);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted) << outcomes[0];
  EXPECT_EQ(outcomes[1].kind, Kind::kRejected) << outcomes[1];
  EXPECT_THAT(std::string(outcomes[1].status.message()), HasSubstr("a trigger kept the row out of the table"));
  EXPECT_EQ(outcomes[2].kind, Kind::kInserted) << outcomes[2];
}

TEST_F(WriterTest, DoesNotKnowWhichRowsATriggerDroppedThatAlsoChangesKeys) {
  auto writer = Open({.lanes = 1, .linger = absl::Milliseconds(200)});
  Run("CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.code = 'spam' THEN RETURN NULL; "
      "END IF; new.transaction_id := 'other'; RETURN new; END $$; CREATE TRIGGER t BEFORE INSERT ON events FOR EACH "
      "ROW EXECUTE FUNCTION meddle()");
  Event spam = EventNamed("s");
  spam.code = "spam";
  const std::vector<Event> events = {EventNamed("a"), spam};
  for (const Outcome& outcome : writer->WriteBatch(events)) {
    EXPECT_EQ(outcome.kind, Kind::kUnknown) << outcome;
    EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("a trigger kept 1 of 2 rows out"));
  }
}

TEST_F(WriterTest, CountsDuplicatesOnceInAPartitionedTable) {
  Run("CREATE TABLE events (organization_id uuid, transaction_id text, external_customer_id text, code text, "
      "timestamp timestamptz, properties jsonb, value float8, decimal_value numeric, UNIQUE (organization_id, "
      "transaction_id)) PARTITION BY HASH (transaction_id); CREATE TABLE p0 PARTITION OF events FOR VALUES WITH "
      "(MODULUS 2, REMAINDER 0); CREATE TABLE p1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
  auto writer = EventWriter::Open({.dsn = dsn_, .dedup_cache_bytes = 0});
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int round = 0; round < 2; ++round) {
    WriteMany(**writer, 100);
    const FlushReport report = (*writer)->Flush(kLong);
    EXPECT_TRUE(report.all_stored()) << report;
    EXPECT_EQ(report.duplicates, round == 0 ? 0 : 100);
  }
  EXPECT_EQ(CountEvents(), 100);
}

TEST_F(WriterTest, CountsEverythingItAccepted) {
  auto writer = Open();
  WriteMany(*writer, 10);
  writer->Flush(kLong);
  WriteMany(*writer, 15);
  writer->Flush(kLong);
  Event invalid = EventNamed("x");
  invalid.properties = "{";
  EXPECT_FALSE(writer->Write(invalid).ok());
  const WriterStats stats = writer->stats();
  EXPECT_EQ(stats.accepted, 25);
  EXPECT_EQ(stats.inserted, 15);
  EXPECT_EQ(stats.duplicates, 10);
  EXPECT_EQ(stats.refused, 1);
  EXPECT_EQ(stats.pending, 0);
  EXPECT_EQ(stats.cache_hits, 10);
  EXPECT_EQ(stats.cache_keys, 15);
  EXPECT_EQ(stats.merges, 0);
  EXPECT_EQ(stats.ack_latency.count, 15);
  EXPECT_GT(stats.ack_latency.p50, absl::ZeroDuration());
  EXPECT_GE(stats.ack_latency.max, stats.ack_latency.p50);
}

TEST_F(WriterTest, WritesToAnyTableAndColumnOrder) {
  Run("CREATE SCHEMA \"Odd Place\"; CREATE TABLE \"Odd Place\".\"Usage\" (code varchar(20) NOT NULL, extra int DEFAULT "
      "7, transaction_id text, organization_id uuid, properties json, external_customer_id text, value float8, "
      "decimal_value numeric(20,4), timestamp timestamp, UNIQUE (transaction_id, organization_id))");
  auto writer = EventWriter::Open({.dsn = dsn_, .table = "Odd Place.Usage"});
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a")).kind, Kind::kDuplicate);
  EXPECT_EQ(Value("SELECT code || extra || transaction_id || timestamp FROM \"Odd Place\".\"Usage\""),
            "api_calls7a2023-11-14 22:13:20");
}

}  // namespace
}  // namespace bxb
