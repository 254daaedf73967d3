// What a writer makes of a table that is partitioned by time.
#include <array>
#include <mutex>
#include <random>

#include "absl/time/clock.h"
#include "support/pgbouncer.h"
#include "write/partition_fixture.h"

namespace bxb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = Outcome::Kind;

const WriterOptions kOneBatch = {.linger = absl::Milliseconds(200)};

std::vector<Event> Joined(std::vector<Event> some, const std::vector<Event>& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

TEST_F(PartitionTest, CopiesManyRowsOfADayStraightIntoItsPartition) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  const auto events = Joined(Joined(EventsOf(1, 1000), EventsOf(2, 500)), EventsOf(3, 10));
  EXPECT_EQ(Count(writer->WriteBatch(events, kLong), Kind::kInserted), 1510);
  EXPECT_EQ(writer->stats().batches, 1);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "1000");
  EXPECT_EQ(Value("SELECT count(*) FROM events_d2"), "500");
  EXPECT_EQ(Value("SELECT count(*) FROM events_d3"), "10");
  EXPECT_EQ(Value("SELECT count(DISTINCT xmin::text) FROM events"), "1");
}

TEST_F(PartitionTest, SendsUnsortedRowsIntoTheirPartitions) {
  CreateTable();
  WriterOptions options = kOneBatch;
  options.sort_by_key = false;
  auto writer = OpenPartitioned(options);
  EXPECT_EQ(Count(writer->WriteBatch(Joined(EventsOf(2, 300), EventsOf(1, 300)), kLong), Kind::kInserted), 600);
  EXPECT_EQ(
      Value("SELECT string_agg(transaction_id, ' ' ORDER BY ctid) FROM (SELECT ctid, * FROM events_d1 LIMIT 11) t"),
      "txn_0 txn_1 txn_2 txn_3 txn_4 txn_5 txn_6 txn_7 txn_8 txn_9 txn_10");
}

TEST_F(PartitionTest, CreatesThePartitionOfALateEvent) {
  CreateTable();
  auto writer = OpenPartitioned();
  EXPECT_EQ(writer->WriteDurable(EventsOf(20, 1)[0], kLong).kind, Kind::kInserted);
  EXPECT_EQ(Value("SELECT count(*) FROM events WHERE tableoid::regclass::text = 'events_p20260120'"), "1");
}

TEST_F(PartitionTest, RejectsAnEventOutsideOfTheWindowAndNamesIt) {
  CreateTable();
  WriterOptions options = {.dsn = dsn_, .lanes = 1};
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  Event event = EventNamed("txn");
  event.timestamp = absl::Now() - absl::Hours(36 * 24);
  Outcome outcome = (*writer)->WriteDurable(event, kLong);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(outcome.status.message()),
              AllOf(HasSubstr("column \"timestamp\""), HasSubstr("accepted window"), HasSubstr("oldest is 840h")));
  event.timestamp = absl::Now() + absl::Minutes(6);
  EXPECT_EQ((*writer)->WriteDurable(event, kLong).kind, Kind::kRejected);
  event.timestamp = absl::Now() + absl::Minutes(4);
  EXPECT_EQ((*writer)->WriteDurable(event, kLong).kind, Kind::kInserted);
  event.timestamp = absl::Now() - absl::Hours(34 * 24);
  EXPECT_EQ((*writer)->WriteDurable(event, kLong).kind, Kind::kInserted);
}

TEST_F(PartitionTest, TellsDuplicatesPerTimestamp) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(writer->dedup_scope(), DedupScope::kPerTimestamp);
  const auto events = EventsOf(1, 1000);
  EXPECT_EQ(Count(writer->WriteBatch(events, kLong), Kind::kInserted), 1000);
  auto other = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(other->WriteBatch(Joined(events, EventsOf(2, 1000)), kLong), Kind::kInserted), 1000);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "1000");
  EXPECT_EQ(Value("SELECT count(*) FROM events_d2"), "1000");
}

TEST_F(PartitionTest, KeepsRowsOutOfADetachedPartition) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 500), kLong), Kind::kInserted), 500);
  Run("ALTER TABLE events DETACH PARTITION events_d1");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 500, 1000), kLong), Kind::kInserted), 500);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "500");
  EXPECT_EQ(Value("SELECT count(*) FROM events_p20260101"), "500");
}

// The COPY waits for the partition's lock, and gets it when the partition is none any more.
TEST_F(PartitionTest, KeepsRowsOutOfAPartitionThatIsBeingDetached) {
  CreateTable();
  Run("ALTER DATABASE " + Value("SELECT current_database()") +
      " SET default_transaction_isolation = 'repeatable read'");
  auto writer = OpenPartitioned(kOneBatch);
  auto other = pq::Connection::Open(dsn_, "other", pq::After(kLong));
  ASSERT_TRUE(other->Query("BEGIN; ALTER TABLE events DETACH PARTITION events_d1", pq::After(kLong)).ok());
  for (const Event& event : EventsOf(1, 500)) ASSERT_TRUE(writer->Write(event).ok());
  ASSERT_TRUE(Becomes("SELECT count(*) FROM pg_locks WHERE relation = 'events_d1'::regclass AND NOT granted", "1"));
  ASSERT_TRUE(other->Query("COMMIT", pq::After(kLong)).ok());
  EXPECT_EQ(writer->Flush(kLong).inserted, 500);
  EXPECT_EQ(CountEvents(), 500);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "0");
}

TEST_F(PartitionTest, GoesOnWhenAPartitionIsDropped) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  Run("DROP TABLE events_d2");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(2, 500), kLong), Kind::kInserted), 500);
  EXPECT_EQ(CountEvents(), 500);
}

TEST_F(PartitionTest, GoesOnWhenAnotherPartitionTakesTheName) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  Run("DROP TABLE events_d1; ALTER TABLE events DETACH PARTITION events_d2; ALTER TABLE events_d2 RENAME TO events_d1; "
      "ALTER TABLE events ATTACH PARTITION events_d1 " +
      Bounds(2));
  EXPECT_EQ(Count(writer->WriteBatch(Joined(EventsOf(1, 500), EventsOf(2, 300)), kLong), Kind::kInserted), 800);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "300");
  EXPECT_EQ(CountEvents(), 800);
}

// A CHECK that an earlier DETACH CONCURRENTLY has left belongs to one of them.
TEST_F(PartitionTest, GoesOnWhenPartitionsExchangeTheirNames) {
  CreateTable();
  Run("ALTER TABLE events DETACH PARTITION events_d2 CONCURRENTLY");
  Run("ALTER TABLE events ATTACH PARTITION events_d2 " + Bounds(2));
  auto writer = OpenPartitioned(kOneBatch);
  Run("ALTER TABLE events_d1 RENAME TO x; ALTER TABLE events_d2 RENAME TO events_d1; ALTER TABLE x RENAME TO "
      "events_d2");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 300), kLong), Kind::kInserted), 300);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d2"), "300");
}

TEST_F(PartitionTest, GoesOnWhenSomethingElseHasAPartitionsName) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  Run("ALTER TABLE events_d1 RENAME TO x; CREATE TABLE events_d1 (a int)");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 300), kLong), Kind::kInserted), 300);
  Run("ALTER TABLE events_d2 RENAME TO y; CREATE VIEW events_d2 AS SELECT 1");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(2, 300, 300), kLong), Kind::kInserted), 300);
  EXPECT_EQ(CountEvents(), 600);
}

TEST_F(PartitionTest, CreatesAPartitionAgainThatSomebodyDropsAtOnce) {
  CreateTable();
  WriterOptions options = kOneBatch;
  options.partitions.ahead = 0;
  auto writer = OpenPartitioned(options);
  ASSERT_TRUE(Becomes("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass", "4"));
  Run("CREATE TABLE dropped (); CREATE FUNCTION drop_it() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT "
      "EXISTS (SELECT FROM dropped) THEN INSERT INTO dropped DEFAULT VALUES; DROP TABLE events_p20260109; END IF; END "
      "$$; "
      "CREATE EVENT TRIGGER dropping ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION drop_it()");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(9, 3), kLong), Kind::kInserted), 3);
  EXPECT_EQ(Value("SELECT count(*) FROM dropped"), "1");
}

TEST_F(PartitionTest, FindsTheBadRowOfAPartition) {
  CreateTable();
  Run("ALTER TABLE events ADD CHECK (value > 0)");
  auto writer = OpenPartitioned(kOneBatch);
  auto events = Joined(EventsOf(1, 400), EventsOf(2, 400));
  events[123].value = events[700].value = -1;
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 798);
  EXPECT_EQ(SqlStateOf(outcomes[123].status), "23514");
  EXPECT_EQ(ServerErrorOf(outcomes[700].status).constraint, "events_value_check");
  EXPECT_EQ(CountEvents(), 798);
}

// What ANALYZE or CREATE INDEX CONCURRENTLY hold keeps partitions from being created, and nothing else.
TEST_F(PartitionTest, StoresTheOthersWhileAPartitionCannotBeCreated) {
  CreateTable();
  WriterOptions options = kOneBatch;
  options.commit_timeout = absl::Seconds(3);
  options.partitions.lock_timeout = absl::Milliseconds(50);
  auto writer = OpenPartitioned(options);
  ASSERT_TRUE(Becomes("SELECT count(*) > 3 FROM pg_inherits WHERE inhparent = 'events'::regclass", "t"));
  auto other = pq::Connection::Open(dsn_, "other", pq::After(kLong));
  ASSERT_TRUE(other->Query("BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE", pq::After(kLong)).ok());
  const auto outcomes = writer->WriteBatch(Joined(EventsOf(1, 500), EventsOf(9, 1, 500)), kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 500);
  EXPECT_EQ(outcomes[500].kind, Kind::kRejected);
  // Whichever it is in the middle of when its time is over.
  EXPECT_TRUE(absl::IsAborted(outcomes[500].status) || absl::IsDeadlineExceeded(outcomes[500].status))
      << outcomes[500].status;
  ASSERT_TRUE(other->Query("COMMIT", pq::After(kLong)).ok());
  EXPECT_EQ(writer->WriteDurable(EventsOf(9, 1, 500)[0], kLong).kind, Kind::kInserted);
}

TEST_F(PartitionTest, BlamesARowThatAPartitionsOwnPartitionsDoNotHold) {
  CreateTable();
  Run("DROP TABLE events_d2; CREATE TABLE events_d2 PARTITION OF events " + Bounds(2) +
      " PARTITION BY LIST (transaction_id); CREATE TABLE events_most PARTITION OF events_d2 FOR VALUES IN ('txn_300', "
      "'txn_301', 'txn_302', 'txn_304')");
  auto writer = OpenPartitioned(kOneBatch);
  const auto events = Joined(EventsOf(1, 300), EventsOf(2, 5, 300));
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 304);
  EXPECT_EQ(SqlStateOf(outcomes[303].status), "23514");
}

TEST_F(PartitionTest, RejectsATimeThatNoPartitionCanHoldAndTakesTheOthers) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  auto events = EventsOf(9, 4);
  events[1].timestamp = absl::InfiniteFuture();
  events[2].timestamp = absl::FromUnixSeconds(9'224'318'015'999);  // the last second that PostgreSQL knows
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 2);
  EXPECT_EQ(SqlStateOf(outcomes[1].status), "23514") << outcomes[1].status;
  EXPECT_EQ(SqlStateOf(outcomes[2].status), "23514") << outcomes[2].status;
}

TEST_F(PartitionTest, CreatesManyPartitionsAtOnce) {
  CreateTable();
  auto writer = OpenPartitioned(kOneBatch);
  auto events = EventsOf(1, 100);
  for (std::size_t i = 0; i < events.size(); ++i) events[i].timestamp = At(1) + absl::Hours(24) * static_cast<int>(i);
  EXPECT_EQ(Count(writer->WriteBatch(events, kLong), Kind::kInserted), 100);
}

TEST_F(PartitionTest, IsNotFooledByATableOfAnyName) {
  CreateTable();
  Run("CREATE TABLE \"bxb: not a partition any more\" ()");
  auto writer = OpenPartitioned(kOneBatch);
  Run("ALTER TABLE events DETACH PARTITION events_d1");
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 300), kLong), Kind::kInserted), 300);
  EXPECT_EQ(CountEvents(), 300);
}

TEST_F(PartitionTest, SaysWhyALateEventHasNoPartition) {
  CreateTable();
  WriterOptions options = kOneBatch;
  options.partitions.create = false;
  auto writer = OpenPartitioned(options);
  auto events = Joined(EventsOf(1, 2), EventsOf(9, 1));
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 2);
  EXPECT_EQ(SqlStateOf(outcomes[2].status), "23514");
  EXPECT_THAT(std::string(outcomes[2].status.message()),
              AllOf(HasSubstr("no partition of public.events holds 2026-01-09T00:00:00+00:00"),
                    HasSubstr("PartitionOptions::create is off")));
}

TEST_F(PartitionTest, UsesTheDefaultPartitionOfSomebodyElse) {
  CreateTable();
  Run("CREATE TABLE events_rest PARTITION OF events DEFAULT");
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(Joined(EventsOf(1, 300), EventsOf(9, 300)), kLong), Kind::kInserted), 600);
  EXPECT_EQ(Value("SELECT count(*) FROM events_rest"), "300");
}

TEST_F(PartitionTest, WritesThroughPgBouncer) {
  CreateGlobalTable();
  testing::PgBouncer bouncer(testing::SharedServer(), Value("SELECT current_database()"));
  WriterOptions options = AllTimes(kOneBatch);
  options.dsn = bouncer.dsn();
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const auto outcomes = (*writer)->WriteBatch(Joined(EventsOf(1, 300), EventsOf(9, 300, 200)), kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 500);
  EXPECT_EQ(Count(outcomes, Kind::kDuplicate), 100);
  EXPECT_EQ(CountEvents(), 500);
}

// The right partition of an event is the one that has its day, in UTC, in its name.
constexpr const char* kMisplaced =
    "SELECT count(*) FROM events WHERE tableoid::regclass::text <> 'events_p' || to_char(timestamp AT TIME ZONE 'UTC', "
    "'YYYYMMDD')";

TEST_F(PartitionTest, PutsLateEventsOfFortyDaysIntoTheirDays) {
  const std::string database = Value("SELECT current_database()");
  Run("ALTER DATABASE " + database + " SET timezone = 'Europe/Berlin'; ALTER DATABASE " + database +
      " SET datestyle = 'SQL, DMY'");
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay, .dedup = DedupScope::kGlobal}).ok());
  // Clocks change in Berlin on 2026-03-29; the other days lie around it.
  auto events = EventsOf(1, 40 * 300);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const absl::Time midnight =
        absl::FromCivil(absl::CivilDay(2026, 3, 10) + static_cast<int>(i % 40), absl::UTCTimeZone());
    const std::array offsets = {absl::ZeroDuration(), absl::Hours(24) - absl::Microseconds(1),
                                absl::Hours(1),       absl::Hours(2),
                                absl::Hours(22),      absl::Hours(23),
                                absl::Microseconds(1)};
    events[i].timestamp = midnight + offsets[i / 40 % offsets.size()];
  }
  std::mt19937 random(20'260'329);
  std::ranges::shuffle(events, random);
  events.push_back(EventNamed("tomorrow"));
  events.back().timestamp = absl::Now() + absl::Hours(24);
  events.push_back(EventNamed("in a year"));
  events.back().timestamp = absl::Now() + absl::Hours(24 * 365);
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(events, kLong), Kind::kInserted), 12'002);
  EXPECT_EQ(Value(kMisplaced), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM events WHERE tableoid::regclass::text BETWEEN 'events_p20260310' AND "
                  "'events_p20260418'"),
            "12000");
  EXPECT_EQ(Value("SELECT count(*) FROM events_p20260329"), "300");
}

TEST_F(PartitionTest, CreatesPartitionsAheadWhileItIsOpen) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kHour, .ahead = 0}).ok());
  WriterOptions options;
  options.partitions.ahead = 5;
  auto writer = OpenPartitioned(options);
  EXPECT_TRUE(Becomes("SELECT count(*) >= 6 FROM pg_inherits WHERE inhparent = 'events'::regclass", "t"));
}

TEST_F(PartitionTest, TakesOldPartitionsAwayWhileItIsOpen) {
  CreateTable();
  auto before = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(before->WriteBatch(EventsOf(1, 300), kLong), Kind::kInserted), 300);
  std::mutex mutex;
  std::vector<std::string> archived;
  WriterOptions options;
  options.partitions.keep = 3650;
  options.partitions.oldest = absl::Hours(1);
  options.partitions.archive = [&](const DetachedPartition& partition) {
    const std::lock_guard lock(mutex);
    archived.push_back(partition.table);
    return absl::OkStatus();
  };
  Run("CREATE TABLE events_p20010101 PARTITION OF events FOR VALUES FROM ('2001-01-01 00:00+00') TO ('2001-01-02 "
      "00:00+00')");
  auto writer = OpenPartitioned(options);
  EXPECT_TRUE(Becomes("SELECT to_regclass('events_p20010101') IS NULL", "t"));
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "300");
  const std::lock_guard lock(mutex);
  EXPECT_THAT(archived, ::testing::ElementsAre("public.events_p20010101"));
}

TEST_F(PartitionTest, RejectsAnEventThatRetentionWouldTakeAway) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay}).ok());
  WriterOptions options = {.dsn = dsn_};
  options.partitions.keep = 10;
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  Event event = EventNamed("txn");
  event.timestamp = absl::Now() - absl::Hours(12 * 24);
  const Outcome outcome = (*writer)->WriteDurable(event, kLong);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("keep 10"));
  event.timestamp = absl::Now() - absl::Hours(9 * 24);
  EXPECT_EQ((*writer)->WriteDurable(event, kLong).kind, Kind::kInserted);
}

TEST_F(PartitionTest, SaysThatATableWithoutPartitionsKeepsEverything) {
  std::vector<std::string> lines;
  WriterOptions options = {.dsn = dsn_, .create_table = true};
  options.partitions.keep = 90;
  options.log = [&](LogLevel, std::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(EventWriter::Open(options).ok());
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("partitions.keep")));
}

TEST_F(PartitionTest, RefusesOptionsThatMakeNoSense) {
  CreateTable();
  WriterOptions options = AllTimes({.dsn = dsn_});
  options.partitions.ahead = -1;
  const auto status = EventWriter::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "WriterOptions::partitions.ahead must be 0 … 100");
}

TEST_F(PartitionTest, NeedsAKeyTableOrAnIndexToTellDuplicates) {
  CreateTable("");
  auto writer = EventWriter::Open(AllTimes({.dsn = dsn_}));
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kFailedPrecondition);
  WriterOptions options;
  options.dedup = DedupScope::kNone;
  options.create_table = true;
  auto undeduplicated = OpenPartitioned(options);
  const Event event = EventsOf(1, 1)[0];
  EXPECT_EQ(undeduplicated->WriteDurable(event, kLong).kind, Kind::kInserted);
  EXPECT_EQ(undeduplicated->WriteDurable(event, kLong).kind, Kind::kInserted);
  EXPECT_EQ(CountEvents(), 2);
}

TEST_F(PartitionTest, RefusesAStrongerScopeThanTheTableOffers) {
  CreateTable();
  WriterOptions options = AllTimes({.dsn = dsn_});
  options.dedup = DedupScope::kGlobal;
  const auto status = EventWriter::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("WriterOptions::dedup is global, and table"));
}

}  // namespace
}  // namespace bxb
