#include "schema/partition_create.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "bxb/status.h"
#include "schema/partition_support.h"

namespace bxb::schema {
namespace {

using testing::At;
using testing::Day;
using ::testing::ElementsAre;
using testing::Soon;

const TimeRange kDay = {Day(2026, 11, 22), Day(2026, 11, 23)};
constexpr const char* kEvents = "CREATE TABLE events (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);";

class CreatePartitionsTest : public testing::PartitionTest {
 protected:
  std::vector<std::string> Created(const std::vector<TimeRange>& ranges, const std::string& name = "events") {
    const auto made = Create(ranges, name);
    EXPECT_TRUE(made.ok()) << made.status();
    std::vector<std::string> names;
    for (const PartitionChange& change : made.value_or(std::vector<PartitionChange>{})) names.push_back(change.table);
    return names;
  }

  std::string Bounds(const std::string& leaf) {
    return Value("SET TimeZone = 'UTC'; SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '" + leaf +
                 "'::regclass");
  }

  std::string Leaves() const { return Value("SELECT count(*) FROM pg_inherits"); }
};

TEST_F(CreatePartitionsTest, CreatesWhatIsMissing) {
  Run(kEvents);
  EXPECT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  const auto made = Create(RangesAround(PartitionInterval::kDay, At("2026-11-22T13:14:15Z"), 0, 2));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->size(), 2);
  EXPECT_EQ(made->at(1).kind, PartitionChange::Kind::kCreated);
  EXPECT_EQ(made->at(1).table, "public.events_p20261124");
  EXPECT_EQ(made->at(1).range, (TimeRange{Day(2026, 11, 24), Day(2026, 11, 25)}));
  EXPECT_EQ(Map().interval(), PartitionInterval::kDay);
  EXPECT_TRUE(std::ranges::all_of(Map().partitions(), &Partition::direct));
}

TEST_F(CreatePartitionsTest, NamesThemByTheirInterval) {
  Run(kEvents);
  const absl::Time time = At("2027-02-03T04:05:06Z");
  EXPECT_THAT(Created({RangeOf(PartitionInterval::kHour, time)}), ElementsAre("public.events_p2027020304"));
  EXPECT_THAT(Created({RangeOf(PartitionInterval::kDay, time + absl::Hours(24))}),
              ElementsAre("public.events_p20270204"));
  EXPECT_THAT(Created({RangeOf(PartitionInterval::kWeek, time + absl::Hours(7 * 24))}),
              ElementsAre("public.events_p20270208"));
  EXPECT_THAT(Created({RangeOf(PartitionInterval::kMonth, Day(2027, 3, 9))}), ElementsAre("public.events_p202703"));
}

TEST_F(CreatePartitionsTest, TakesAnotherNameWhereTheirsIsTaken) {
  Run(std::string(kEvents) + "CREATE VIEW events_p20261122 AS SELECT 1; CREATE TYPE events_p20261122_1 AS ENUM ()");
  EXPECT_THAT(Created({kDay}), ElementsAre("public.events_p20261122_2"));
}

TEST_F(CreatePartitionsTest, ShortensLongNamesBetweenCharacters) {
  const std::string longest = std::string(55, 'x') + "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4";
  Run("CREATE TABLE \"" + longest + "\" (at timestamptz) PARTITION BY RANGE (at)");
  Run("CREATE TABLE \"" + std::string(53, 'x') + "_p20261122\" ()");
  EXPECT_THAT(Created({kDay}, longest), ElementsAre("public." + std::string(51, 'x') + "_p20261122_1"));
  EXPECT_EQ(Value("SELECT relispartition FROM pg_class WHERE relname = '" + std::string(51, 'x') + "_p20261122_1'"),
            "t");
}

TEST_F(CreatePartitionsTest, QuotesNames) {
  Run("CREATE SCHEMA \"My Schema\"; CREATE TABLE \"My Schema\".\"Ev\"\"e'nts\" (\"A\"\"t\" timestamptz) PARTITION BY "
      "RANGE (\"A\"\"t\")");
  EXPECT_THAT(Created({kDay}, "My Schema.Ev\"e'nts"), ElementsAre("\"My Schema\".\"Ev\"\"e'nts_p20261122\""));
  EXPECT_EQ(Map("My Schema.Ev\"e'nts", {"A\"t"}).partitions().size(), 1);
}

TEST_F(CreatePartitionsTest, MeansUtcWhateverTheSessionSays) {
  Run(std::string(kEvents) + "CREATE TABLE plain (at timestamp) PARTITION BY RANGE (at)");
  const std::string database = Value("SELECT quote_ident(current_database())");
  Run("ALTER DATABASE " + database + " SET TimeZone = 'Europe/Paris'");
  Run("ALTER DATABASE " + database + " SET DateStyle = 'SQL, DMY'");
  connection_ = Connect(dsn_);
  const TimeRange dst = {Day(2026, 3, 29), Day(2026, 3, 30)};
  EXPECT_THAT(Created({dst}), ElementsAre("public.events_p20260329"));
  EXPECT_THAT(Created({dst}, "plain"), ElementsAre("public.plain_p20260329"));
  for (const char* table : {"events", "plain"}) {
    EXPECT_EQ(Map(table).partitions()[0].from, ToPgMicros(dst.from)) << table;
    EXPECT_EQ(Map(table).partitions()[0].to, ToPgMicros(dst.to)) << table;
  }
}

TEST_F(CreatePartitionsTest, CanHoldAnyYear) {
  Run(kEvents);
  const TimeRange far = RangeOf(PartitionInterval::kDay, At("294275-12-31T00:00:00Z"));
  const TimeRange ides = RangeOf(PartitionInterval::kDay, At("-43-03-15T12:00:00Z"));
  const TimeRange year_zero = RangeOf(PartitionInterval::kMonth, At("0000-12-31T00:00:00Z"));
  EXPECT_THAT(Created({far, ides, year_zero}),
              ElementsAre("public.events_p2942751231", "public.events_p0044bc0315", "public.events_p0001bc12"));
  EXPECT_EQ(Bounds("events_p0044bc0315"),
            "FOR VALUES FROM ('0044-03-15 00:00:00+00 BC') TO ('0044-03-16 00:00:00+00 BC')");
  EXPECT_EQ(Map().Find(ToPgMicros(far.from)), 2);
  EXPECT_EQ(FromPgMicros(Map().partitions()[1].to), Day(1, 1, 1));
}

TEST_F(CreatePartitionsTest, RefusesWhatPostgresCannotHold) {
  Run(kEvents);
  const absl::Time first = At("-4713-11-24T00:00:00Z");
  const std::vector<TimeRange> impossible = {RangeOf(PartitionInterval::kMonth, first),
                                             RangeOf(PartitionInterval::kDay, At("300000-01-01T00:00:00Z")),
                                             RangeOf(PartitionInterval::kDay, absl::InfiniteFuture()),
                                             TimeRange{},
                                             {kDay.to, kDay.from}};
  for (const TimeRange& range : impossible) {
    EXPECT_EQ(Create({range}).status().code(), absl::StatusCode::kInvalidArgument) << range.from;
  }
}

TEST_F(CreatePartitionsTest, LeavesOutWhatOverlapsPartitionsOfOthers) {
  Run(std::string(kEvents) +
      "SET TimeZone = 'UTC'; CREATE TABLE mine PARTITION OF events FOR VALUES FROM ('2026-11-22 "
      "12:00') TO ('2026-11-24'); CREATE TABLE past PARTITION OF events FOR VALUES FROM "
      "(MINVALUE) TO ('2026-11-20')");
  EXPECT_THAT(Created({{Day(2026, 11, 19), Day(2026, 11, 20)},
                       {Day(2026, 11, 20), Day(2026, 11, 21)},
                       kDay,
                       {Day(2026, 11, 24), Day(2026, 11, 25)},
                       {Day(2026, 11, 24), Day(2026, 11, 25)}}),
              ElementsAre("public.events_p20261120", "public.events_p20261124"));
}

TEST_F(CreatePartitionsTest, MakesThemLikeTheTable) {
  Run("CREATE TABLE events (gone int, at timestamptz NOT NULL, id bigint DEFAULT 7, note text COLLATE \"C\" CHECK "
      "(note "
      "<> ''), twice bigint GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
      "ALTER TABLE events DROP gone; ALTER TABLE events ALTER note SET STORAGE EXTERNAL; CREATE INDEX ON events (note);"
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.note = ''set''; RETURN new; END';"
      "CREATE TRIGGER t BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION f()");
  ASSERT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  Run("INSERT INTO events_p20261122 (at) VALUES ('2026-11-22 12:00:00+00')");
  EXPECT_EQ(Value("SELECT (id, note, twice)::text FROM events"), "(7,set,14)");
  EXPECT_EQ(Value("SELECT count(*) FROM pg_index WHERE indrelid = 'events_p20261122'::regclass"), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'events_p20261122'::regclass AND contype = 'c'"),
            "1");
  EXPECT_EQ(Value("SELECT attstorage FROM pg_attribute WHERE attrelid = 'events_p20261122'::regclass AND attname = "
                  "'note'"),
            "e");
  EXPECT_TRUE(Map("events", {"at"}).partitions()[0].direct);
}

TEST_F(CreatePartitionsTest, TakesStorageParametersOfTheLatestPartition) {
  Run(std::string(kEvents) +
      "ALTER TABLE events ADD note text; SET TimeZone = 'UTC';"
      "CREATE TABLE old PARTITION OF events FOR VALUES FROM ('2026-11-20') TO ('2026-11-21') WITH (fillfactor = 50);"
      "CREATE TABLE new PARTITION OF events FOR VALUES FROM ('2026-11-21') TO ('2026-11-22') WITH (fillfactor = 70, "
      "autovacuum_enabled = off, toast.autovacuum_enabled = off)");
  ASSERT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  EXPECT_EQ(Value("SELECT c.reloptions::text || t.reloptions::text FROM pg_class c JOIN pg_class t ON t.oid = "
                  "c.reltoastrelid WHERE c.relname = 'events_p20261122'"),
            "{fillfactor=70,autovacuum_enabled=off}{autovacuum_enabled=off}");
}

TEST_F(CreatePartitionsTest, GivesThemTheTablesOwnerAndGrants) {
  Run(std::string(kEvents) +
      "CREATE ROLE \"The Owner\"; CREATE ROLE writer1; GRANT CREATE ON SCHEMA public TO \"The "
      "Owner\"; ALTER TABLE events OWNER TO \"The Owner\"; GRANT SELECT ON events TO PUBLIC;"
      "GRANT INSERT (at), UPDATE (n) ON events TO writer1; GRANT DELETE ON events TO writer1 WITH "
      "GRANT OPTION");
  ASSERT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  EXPECT_EQ(Value("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'events_p20261122'"), "The Owner");
  EXPECT_EQ(Value("SELECT a.relacl::text = b.relacl::text FROM pg_class a, pg_class b WHERE a.relname = 'events' AND "
                  "b.relname = 'events_p20261122'"),
            "t");
  EXPECT_EQ(Value("SELECT string_agg(attname || attacl::text, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = "
                  "'events_p20261122'::regclass"),
            Value("SELECT string_agg(attname || attacl::text, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = "
                  "'events'::regclass"));
}

TEST_F(CreatePartitionsTest, GrantsNothingPastRowSecurity) {
  Run(std::string(kEvents) + "GRANT SELECT ON events TO PUBLIC; ALTER TABLE events ENABLE ROW LEVEL SECURITY");
  ASSERT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  EXPECT_EQ(Value("SELECT relacl FROM pg_class WHERE relname = 'events_p20261122'"), "NULL");
}

TEST_F(CreatePartitionsTest, IsAbortedWhileALockIsHeld) {
  Run(kEvents);
  auto holder = Connect(dsn_);
  ASSERT_TRUE(holder.Query("BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE", Soon()).ok());
  const absl::Time start = absl::Now();
  const auto made = Create({kDay});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kAborted) << made.status();
  EXPECT_EQ(SqlStateOf(made.status()), "55P03");
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(500));
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  ASSERT_TRUE(holder.Query("COMMIT", Soon()).ok());
  EXPECT_EQ(Value("SELECT to_regclass('events_p20261122')"), "NULL");
  EXPECT_THAT(Created({kDay}), ElementsAre("public.events_p20261122")) << "the same connection";
}

TEST_F(CreatePartitionsTest, DoesNotWaitForReadersAndWriters) {
  Run(std::string(kEvents) + "CREATE TABLE old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')");
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events; INSERT INTO events VALUES ('2020-01-15')", Soon()).ok());
  EXPECT_THAT(Created({kDay}), ElementsAre("public.events_p20261122"));
  EXPECT_TRUE(user.Query("INSERT INTO events VALUES ('2026-11-22 12:00:00+00'); COMMIT", Soon()).ok());
}

TEST_F(CreatePartitionsTest, SaysThatTheDefaultPartitionHoldsRows) {
  Run(std::string(kEvents) +
      "CREATE TABLE rest PARTITION OF events DEFAULT; INSERT INTO events VALUES ('2026-11-22 "
      "12:00:00+00')");
  const auto made = Create({kDay});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kFailedPrecondition) << made.status();
  EXPECT_EQ(SqlStateOf(made.status()), "23514");
  EXPECT_EQ(Leaves(), "1");
  EXPECT_THAT(Created({{kDay.to, kDay.to + absl::Hours(24)}}), ElementsAre("public.events_p20261123"));
}

TEST_F(CreatePartitionsTest, IsDeniedToOthersThanTheOwner) {
  Run(std::string(kEvents) +
      "CREATE ROLE stranger; GRANT ALL ON events TO stranger; GRANT ALL ON SCHEMA public TO "
      "stranger");
  const Table table = TableOf();
  EXPECT_EQ(WhyNoPartitions(connection_, table, Soon()).value(), "");
  ASSERT_TRUE(connection_.Query("SET ROLE stranger", Soon()).ok());
  EXPECT_EQ(Create({kDay}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(WhyNoPartitions(connection_, table, Soon()).value(), "role \"stranger\" does not own public.events");
}

TEST_F(CreatePartitionsTest, CopesWithManyAtOnce) {
  Run(kEvents);
  std::vector<std::thread> threads;
  std::atomic<int> created = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto connection = Connect(dsn_);
      const Table table = InspectTable(connection, "events", Soon()).value();
      const auto interval = i % 2 == 0 ? PartitionInterval::kDay : PartitionInterval::kHour;
      const auto made = CreatePartitions(connection, table, {.column = "at"},
                                         RangesAround(interval, Day(2026, 11, 22) + i * absl::Hours(3), 0, 10),
                                         absl::Seconds(5), Soon());
      ASSERT_TRUE(made.ok()) << made.status();
      created += static_cast<int>(made->size());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Leaves(), std::to_string(created));
  EXPECT_GE(created, 11);
  const auto map = Map();
  for (std::size_t i = 1; i < map.partitions().size(); ++i) {
    EXPECT_LE(map.partitions()[i - 1].to, map.partitions()[i].from);
  }
  EXPECT_EQ(Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'events_p%' AND NOT relispartition"), "0");
}

}  // namespace
}  // namespace bxb::schema
