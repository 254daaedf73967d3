// What a writer makes of a table that is partitioned by time.
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
