#include "schema/partition_map.h"

#include <gtest/gtest.h>

#include <random>

#include "schema/partition_support.h"

namespace bxb::schema {
namespace {

using testing::At;
using testing::Day;
using testing::Soon;

constexpr PgMicros kDayMicros = PgMicros{86'400} * 1'000'000;

PartitionMap MapOf(const std::vector<std::pair<PgMicros, PgMicros>>& ranges) {
  std::vector<Partition> partitions;
  for (const auto& [from, to] : ranges) {
    partitions.push_back({.sql_name = "p", .name = "p", .from = from, .to = to, .direct = false, .unlogged = false});
  }
  return {std::move(partitions), /*has_default=*/false};
}

PartitionMap MapOf(const std::vector<TimeRange>& ranges) {
  std::vector<std::pair<PgMicros, PgMicros>> micros;
  for (const TimeRange& range : ranges) micros.emplace_back(ToPgMicros(range.from), ToPgMicros(range.to));
  return MapOf(micros);
}

TEST(RangeOf, CutsInUtc) {
  const absl::Time sunday = At("2026-11-22T13:14:15.999999Z");
  EXPECT_EQ(RangeOf(PartitionInterval::kHour, sunday),
            (TimeRange{At("2026-11-22T13:00:00Z"), At("2026-11-22T14:00:00Z")}));
  EXPECT_EQ(RangeOf(PartitionInterval::kDay, sunday), (TimeRange{Day(2026, 11, 22), Day(2026, 11, 23)}));
  EXPECT_EQ(RangeOf(PartitionInterval::kWeek, sunday), (TimeRange{Day(2026, 11, 16), Day(2026, 11, 23)}));
  EXPECT_EQ(RangeOf(PartitionInterval::kMonth, sunday), (TimeRange{Day(2026, 11, 1), Day(2026, 12, 1)}));
}

TEST(RangeOf, BelongsToTheIntervalThatBeginsAtTheTime) {
  EXPECT_EQ(RangeOf(PartitionInterval::kWeek, Day(2026, 11, 23)), (TimeRange{Day(2026, 11, 23), Day(2026, 11, 30)}));
  EXPECT_EQ(RangeOf(PartitionInterval::kMonth, Day(2027, 1, 1)), (TimeRange{Day(2027, 1, 1), Day(2027, 2, 1)}));
  EXPECT_EQ(RangeOf(PartitionInterval::kDay, Day(1969, 12, 31) + absl::Hours(1)).from, Day(1969, 12, 31));
}

TEST(RangeOf, HoldsItsTimeAndTouchesItsNeighbour) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time time = absl::FromUnixMicros(static_cast<std::int64_t>(random() >> 8) - (std::int64_t{1} << 55));
    for (const auto interval :
         {PartitionInterval::kHour, PartitionInterval::kDay, PartitionInterval::kWeek, PartitionInterval::kMonth}) {
      const TimeRange range = RangeOf(interval, time);
      EXPECT_TRUE(range.Contains(time)) << time;
      EXPECT_EQ(RangeOf(interval, range.from), range);
      EXPECT_EQ(RangeOf(interval, range.to).from, range.to);
      EXPECT_EQ(RangeOf(interval, range.from - absl::Microseconds(1)).to, range.from);
    }
  }
}

TEST(PgMicros, CountsFrom2000AndKeepsInfinities) {
  EXPECT_EQ(ToPgMicros(Day(2000, 1, 1)), 0);
  EXPECT_EQ(ToPgMicros(Day(1999, 12, 31)), -kDayMicros);
  EXPECT_EQ(ToPgMicros(absl::InfinitePast()), kBeforeAll);
  EXPECT_EQ(ToPgMicros(absl::InfiniteFuture()), kAfterAll);
  EXPECT_EQ(ToPgMicros(At("300000-01-01T00:00:00Z")), kAfterAll);
  EXPECT_EQ(FromPgMicros(kAfterAll), absl::InfiniteFuture());
  EXPECT_EQ(FromPgMicros(kDayMicros), Day(2000, 1, 2));
}

TEST(PartitionMap, FindsThePartitionThatHoldsATime) {
  const auto map = MapOf(std::vector<std::pair<PgMicros, PgMicros>>{{20, 30}, {0, 10}, {10, 20}, {40, kAfterAll}});
  EXPECT_EQ(map.Find(-1), std::nullopt);
  EXPECT_EQ(map.Find(0), 0);
  EXPECT_EQ(map.Find(9), 0);
  EXPECT_EQ(map.Find(10), 1);
  EXPECT_EQ(map.Find(29), 2);
  EXPECT_EQ(map.Find(30), std::nullopt);
  EXPECT_EQ(map.Find(kAfterAll - 1), 3);
  EXPECT_EQ(MapOf(std::vector<TimeRange>{}).Find(0), std::nullopt);
}

TEST(PartitionMap, FindsBeforeAllOnlyInAPartitionWithoutBeginning) {
  using Ranges = std::vector<std::pair<PgMicros, PgMicros>>;
  EXPECT_EQ(MapOf(Ranges{{kBeforeAll, 0}}).Find(kBeforeAll), 0);
  EXPECT_EQ(MapOf(Ranges{{kBeforeAll, 0}, {kBeforeAll, kBeforeAll}}).Find(kBeforeAll), 1);
  EXPECT_EQ(MapOf(Ranges{{-10, 0}}).Find(kBeforeAll), std::nullopt);
}

TEST(PartitionMap, OverlapsARangeOfWhichItHoldsATime) {
  const auto day = [](int number) { return ToPgMicros(Day(2026, 1, number)); };
  const PartitionMap map({{.sql_name = "a", .name = "a", .from = day(2), .to = day(3)},
                          {.sql_name = "b", .name = "b", .from = day(5), .to = kAfterAll}},
                         /*has_default=*/true);
  EXPECT_TRUE(map.Overlaps({Day(2026, 1, 2), Day(2026, 1, 3)}));
  EXPECT_TRUE(map.Overlaps({Day(2026, 1, 1), Day(2026, 1, 2) + absl::Microseconds(1)}));
  EXPECT_TRUE(map.Overlaps({Day(2026, 1, 1), Day(2026, 1, 9)}));
  EXPECT_TRUE(map.Overlaps({Day(9999, 1, 1), Day(9999, 1, 2)}));
  EXPECT_FALSE(map.Overlaps({Day(2026, 1, 1), Day(2026, 1, 2)})) << "it ends where the partition begins";
  EXPECT_FALSE(map.Overlaps({Day(2026, 1, 3), Day(2026, 1, 5)})) << "between two, and a DEFAULT one does not count";
}

TEST(PartitionMap, KnowsTheIntervalOfTheLatest) {
  const TimeRange day = {Day(2026, 11, 22), Day(2026, 11, 23)};
  EXPECT_EQ(MapOf({day}).interval(), PartitionInterval::kDay);
  EXPECT_EQ(MapOf({day, {At("2026-11-23T00:00:00Z"), At("2026-11-23T01:00:00Z")}}).interval(),
            PartitionInterval::kHour);
  EXPECT_EQ(MapOf({day, {Day(2026, 11, 23), Day(2026, 11, 30)}}).interval(), PartitionInterval::kWeek);
  EXPECT_EQ(MapOf({day, {Day(2027, 2, 1), Day(2027, 3, 1)}}).interval(), PartitionInterval::kMonth);
}

TEST(PartitionMap, KnowsNoIntervalWhereTheLatestIsOdd) {
  const TimeRange day = {Day(2026, 11, 22), Day(2026, 11, 23)};
  EXPECT_EQ(MapOf({day, {Day(2026, 11, 23), Day(2026, 11, 25)}}).interval(), std::nullopt);
  EXPECT_EQ(MapOf({{Day(2026, 11, 24), Day(2026, 12, 1)}}).interval(), std::nullopt) << "a week from Tuesday";
  EXPECT_EQ(MapOf({{At("2026-11-22T00:00:00+01:00"), At("2026-11-23T00:00:00+01:00")}}).interval(), std::nullopt);
  EXPECT_EQ(MapOf(std::vector<TimeRange>{}).interval(), std::nullopt);
}

TEST(PartitionMap, LooksPastTheUnboundedForTheInterval) {
  const TimeRange day = {Day(2026, 11, 22), Day(2026, 11, 23)};
  EXPECT_EQ(MapOf({{absl::InfinitePast(), day.from}, day, {day.to, absl::InfiniteFuture()}}).interval(),
            PartitionInterval::kDay);
  EXPECT_EQ(MapOf({{absl::InfinitePast(), day.from}}).interval(), std::nullopt);
}

class ReadPartitionMapTest : public testing::PartitionTest {
 protected:
  std::optional<TimePartitioning> Find(const std::string& table, const std::string& column = "") {
    return FindTimePartitioning(connection_, TableOf(table), column, Soon()).value();
  }
};

TEST_F(ReadPartitionMapTest, FindsOnlyRangesOfOneTimeColumn) {
  Run("CREATE TABLE zoned (\"At\" timestamptz) PARTITION BY RANGE (\"At\");"
      "CREATE TABLE plain (at timestamp) PARTITION BY RANGE (at);"
      "CREATE TABLE dates (at date) PARTITION BY RANGE (at);"
      "CREATE TABLE two (at timestamptz, n int) PARTITION BY RANGE (at, n);"
      "CREATE TABLE expression (at timestamp) PARTITION BY RANGE ((at + interval '1 hour'));"
      "CREATE TABLE list (at timestamptz) PARTITION BY LIST (at); CREATE TABLE none (at timestamptz)");
  ASSERT_TRUE(Find("zoned").has_value());
  EXPECT_EQ(Find("zoned")->column, "At");
  EXPECT_TRUE(Find("zoned")->with_zone);
  EXPECT_FALSE(Find("plain", "at")->with_zone);
  EXPECT_FALSE(Find("plain", "other").has_value());
  for (const char* other : {"dates", "two", "expression", "list", "none"}) EXPECT_FALSE(Find(other)) << other;
}

TEST_F(ReadPartitionMapTest, ReadsEveryKindOfBound) {
  Run("CREATE TABLE events (at timestamptz) PARTITION BY RANGE (at); SET TimeZone = 'UTC';"
      "CREATE TABLE a PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('-infinity');"
      "CREATE TABLE b PARTITION OF events FOR VALUES FROM ('-infinity') TO ('4714-11-24 00:00:00 BC');"
      "CREATE TABLE c PARTITION OF events FOR VALUES FROM ('4714-11-24 00:00:00 BC') TO ('0044-03-15 12:00 BC');"
      "CREATE TABLE d PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00:00.000001') TO ('2026-01-02 03:04:05.6');"
      "CREATE TABLE e PARTITION OF events FOR VALUES FROM ('12026-01-01') TO ('294276-12-31 23:59:59.999999');"
      "CREATE TABLE f PARTITION OF events FOR VALUES FROM ('294276-12-31 23:59:59.999999') TO ('infinity');"
      "CREATE TABLE g PARTITION OF events FOR VALUES FROM ('infinity') TO (MAXVALUE);"
      "CREATE TABLE rest PARTITION OF events DEFAULT");
  const auto map = Map();
  EXPECT_TRUE(map.has_default());
  const auto partitions = map.partitions();
  ASSERT_EQ(partitions.size(), 7);
  const PgMicros first = -211'813'488'000'000'000, last = 9'223'371'331'199'999'999;
  const std::vector<std::pair<PgMicros, PgMicros>> expected = {
      {kBeforeAll, kBeforeAll},
      {kBeforeAll, first},
      {first, ToPgMicros(At("-43-03-15T12:00:00Z"))},
      {ToPgMicros(At("2026-01-01T00:00:00.000001Z")), ToPgMicros(At("2026-01-02T03:04:05.6Z"))},
      {ToPgMicros(At("12026-01-01T00:00:00Z")), last},
      {last, kAfterAll},
      {kAfterAll, kAfterAll}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(std::pair(partitions[i].from, partitions[i].to), expected[i]) << partitions[i].name;
  }
}

TEST_F(ReadPartitionMapTest, DoesNotDependOnTheSession) {
  Run("CREATE TABLE events (at timestamptz) PARTITION BY RANGE (at);"
      "CREATE TABLE plain (at timestamp) PARTITION BY RANGE (at); SET TimeZone = 'Europe/Paris';"
      "CREATE TABLE a PARTITION OF events FOR VALUES FROM ('2026-03-29 00:00') TO ('2026-03-30 00:00');"
      "CREATE TABLE b PARTITION OF plain FOR VALUES FROM ('2026-03-29 02:30') TO ('2026-03-30 00:00')");
  Run("ALTER DATABASE " + Value("SELECT quote_ident(current_database())") + " SET TimeZone = 'Europe/Paris'");
  Run("ALTER DATABASE " + Value("SELECT quote_ident(current_database())") + " SET DateStyle = 'SQL, DMY'");
  connection_ = Connect(dsn_);
  ASSERT_EQ((*connection_.Query("SHOW DateStyle", Soon()))[0][0], "SQL, DMY");
  const auto zoned = Map().partitions()[0];
  EXPECT_EQ(FromPgMicros(zoned.from), At("2026-03-28T23:00:00Z"));
  EXPECT_EQ(FromPgMicros(zoned.to), At("2026-03-29T22:00:00Z"));
  const auto plain = Map("plain").partitions()[0];
  EXPECT_EQ(FromPgMicros(plain.from), At("2026-03-29T02:30:00Z"));
  EXPECT_EQ((*connection_.Query("SHOW TimeZone", Soon()))[0][0], "Europe/Paris") << "the session's own stays";
}

TEST_F(ReadPartitionMapTest, QuotesNames) {
  Run("CREATE SCHEMA \"My Schema\"; CREATE TABLE \"My Schema\".\"Ev\"\"ents\" (\"A't\" timestamptz) PARTITION BY RANGE "
      "(\"A't\"); CREATE TABLE \"My Schema\".\"Leaf\"\"1\" PARTITION OF \"My Schema\".\"Ev\"\"ents\" FOR VALUES FROM "
      "('2026-01-01 00:00:00+00') TO ('2026-01-02 00:00:00+00')");
  const auto map = Map("My Schema.Ev\"ents", {"A't"});
  ASSERT_EQ(map.partitions().size(), 1);
  EXPECT_EQ(map.partitions()[0].sql_name, "\"My Schema\".\"Leaf\"\"1\"");
  EXPECT_EQ(map.partitions()[0].name, "Leaf\"1");
  EXPECT_TRUE(map.partitions()[0].direct);
}

TEST_F(ReadPartitionMapTest, ReadsThousandsOfLeavesQuickly) {
  Run("CREATE TABLE events (at timestamptz, id bigint, note text DEFAULT 'none', host text DEFAULT current_user,"
      "  seen timestamptz DEFAULT now()) PARTITION BY RANGE (at);"
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
      "CREATE TRIGGER t BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION f()");
  for (int block = 0; block < 10; ++block) {
    Run("DO $$ BEGIN FOR i IN " + std::to_string(block * 200) + ".." + std::to_string(block * 200 + 199) +
        " LOOP EXECUTE format('CREATE TABLE leaf%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', i, "
        "timestamptz '2020-01-01 00:00:00+00' + i * interval '1 day', "
        "timestamptz '2020-01-01 00:00:00+00' + (i + 1) * interval '1 day'); END LOOP; END $$");
  }
  const Table table = TableOf();
  const std::vector<std::string> columns = {"at", "id"};
  (void)ReadPartitionMap(connection_, table, columns, Soon());
  const absl::Time start = absl::Now();
  const auto map = ReadPartitionMap(connection_, table, columns, Soon());
  const absl::Duration taken = absl::Now() - start;
  ASSERT_EQ(map->partitions().size(), 2'000);
  EXPECT_TRUE(std::ranges::all_of(map->partitions(), &Partition::direct));
  RecordProperty("milliseconds", std::to_string(absl::ToInt64Milliseconds(taken)));
  EXPECT_LT(taken, absl::Seconds(5)) << "some 50 ms on a quiet machine";
}

}  // namespace
}  // namespace bxb::schema
