#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/detach_mark.h"
#include "schema/maintenance_plan.h"
#include "schema/partition_create.h"
#include "schema/partition_interval.h"
#include "schema/partition_support.h"

namespace bxb::schema {
namespace {

using testing::At;
using testing::Day;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Interval = PartitionInterval;

Partition PartitionOf(const TimeRange& range) {
  return {.sql_name = "p", .name = "p", .from = ToPgMicros(range.from), .to = ToPgMicros(range.to)};
}

/// The map of the current interval and the four before it.
PartitionMap FiveUpTo(Interval interval, absl::Time now) {
  std::vector<Partition> partitions;
  const absl::Time current = RangeOf(interval, now).from;
  for (int i = 0; i <= 4; ++i) partitions.push_back(PartitionOf(RangeOf(interval, Shift(interval, current, -i))));
  return {std::move(partitions), /*has_default=*/false};
}

struct Plan {
  std::vector<absl::Time> create;     ///< where they begin
  std::vector<absl::Time> take_away;  ///< the same

  friend bool operator==(const Plan&, const Plan&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Plan& plan) {
    for (const absl::Time time : plan.create) out << " +" << time;
    for (const absl::Time time : plan.take_away) out << " -" << time;
    return out;
  }
};

Plan PlanOf(const PartitionMap& map, absl::Time host, absl::Time server, const PartitionOptions& options) {
  const MaintenancePlan full = PlanMaintenance(map, host, server, options);
  Plan plan;
  for (const TimeRange& range : full.create) plan.create.push_back(range.from);
  for (const Partition& partition : full.take_away) plan.take_away.push_back(FromPgMicros(partition.from));
  return plan;
}

struct Case {
  const char* name;
  Interval interval;
  const char* now;
  int keep;
  std::vector<absl::Time> create;
  std::vector<absl::Time> take_away;
};

class MaintenancePlanTest : public ::testing::TestWithParam<Case> {};

TEST_P(MaintenancePlanTest, CreatesAheadAndTakesAwayWhatIsTooOld) {
  const Case& row = GetParam();
  const absl::Time now = At(row.now);
  EXPECT_EQ(PlanOf(FiveUpTo(row.interval, now), now, now, {.ahead = 2, .keep = row.keep}),
            (Plan{row.create, row.take_away}));
}

INSTANTIATE_TEST_SUITE_P(Cases, MaintenancePlanTest,
                         ::testing::Values(Case{"Hours",
                                                Interval::kHour,
                                                "2026-01-01T01:30:00Z",
                                                2,
                                                {At("2026-01-01T02:00:00Z"), At("2026-01-01T03:00:00Z")},
                                                {At("2025-12-31T21:00:00Z"), At("2025-12-31T22:00:00Z")}},
                                           Case{"Days",
                                                Interval::kDay,
                                                "2026-03-01T23:59:59.999999Z",
                                                3,
                                                {Day(2026, 3, 2), Day(2026, 3, 3)},
                                                {Day(2026, 2, 25)}},
                                           Case{"ExactlyAtTheBound",
                                                Interval::kDay,
                                                "2026-03-02T00:00:00Z",
                                                3,
                                                {Day(2026, 3, 3), Day(2026, 3, 4)},
                                                {Day(2026, 2, 26)}},
                                           Case{"IsoWeeks",
                                                Interval::kWeek,
                                                "2027-01-03T12:00:00Z",
                                                2,
                                                {Day(2027, 1, 4), Day(2027, 1, 11)},
                                                {Day(2026, 11, 30), Day(2026, 12, 7)}},
                                           Case{"Months",
                                                Interval::kMonth,
                                                "2026-03-31T12:00:00Z",
                                                3,
                                                {Day(2026, 4, 1), Day(2026, 5, 1)},
                                                {Day(2025, 11, 1)}},
                                           Case{"KeepNone",
                                                Interval::kDay,
                                                "2026-03-01T00:00:00Z",
                                                0,
                                                {Day(2026, 3, 2), Day(2026, 3, 3)},
                                                {Day(2026, 2, 25), Day(2026, 2, 26), Day(2026, 2, 27),
                                                 Day(2026, 2, 28)}},
                                           Case{"KeepMoreThanThereAre",
                                                Interval::kMonth,
                                                "2026-03-01T00:00:00Z",
                                                2'000'000'000,
                                                {Day(2026, 4, 1), Day(2026, 5, 1)},
                                                {}}),
                         [](const auto& instance) { return instance.param.name; });

TEST(PlanMaintenance, TakesTheEarlierClockForRetentionAndTheHostsForCreation) {
  const absl::Time now = Day(2026, 3, 5), late = Day(2026, 3, 20), early = Day(2026, 3, 3);
  const auto map = FiveUpTo(Interval::kDay, now);
  EXPECT_THAT(PlanOf(map, now, late, {.ahead = 1, .keep = 3}), (Plan{{Day(2026, 3, 6)}, {Day(2026, 3, 1)}}));
  EXPECT_THAT(PlanOf(map, now, early, {.ahead = 1, .keep = 3}), (Plan{{Day(2026, 3, 6)}, {}}));
  EXPECT_THAT(PlanOf(map, late, now, {.ahead = 0, .keep = 3}), (Plan{{late}, {Day(2026, 3, 1)}}));
}

TEST(PlanMaintenance, TakesAwayNothingWithoutAnEnd) {
  const absl::Time now = Day(2026, 3, 5);
  const PartitionMap map(
      {PartitionOf({absl::InfinitePast(), Day(2026, 3, 1)}), PartitionOf(RangeOf(Interval::kDay, now)),
       PartitionOf({Day(2026, 3, 6), absl::InfiniteFuture()})},
      /*has_default=*/false);
  EXPECT_EQ(PlanOf(map, now, now, {.ahead = 3, .keep = 0}), (Plan{{}, {absl::InfinitePast()}}));
}

TEST(PlanMaintenance, KeepsWhatReachesBeyondTheBound) {
  const absl::Time now = Day(2026, 3, 5);
  const PartitionMap map({PartitionOf({Day(2026, 1, 1), Day(2026, 3, 4) + absl::Microseconds(1)}),
                          PartitionOf(RangeOf(Interval::kDay, now))},
                         /*has_default=*/false);
  EXPECT_THAT(PlanOf(map, now, now, {.ahead = 0, .keep = 1}).take_away, IsEmpty());
}

TEST(PlanMaintenance, FillsGapsOnly) {
  const absl::Time now = Day(2026, 3, 5);
  const PartitionMap map({PartitionOf({Day(2026, 3, 1), Day(2026, 3, 5) + absl::Hours(1)}),
                          PartitionOf(RangeOf(Interval::kDay, Day(2026, 3, 7)))},
                         /*has_default=*/false);
  EXPECT_EQ(PlanOf(map, now, now, {.ahead = 3}), (Plan{{Day(2026, 3, 6), Day(2026, 3, 8)}, {}}));
}

TEST(PlanMaintenance, DoesWhatTheOptionsWant) {
  const absl::Time now = Day(2026, 3, 5);
  EXPECT_EQ(PlanOf(FiveUpTo(Interval::kDay, now), now, now, {.create = false}), Plan{});
  EXPECT_EQ(PlanOf(FiveUpTo(Interval::kDay, now), now, now, {.ahead = 0}), Plan{});
}

TEST(PlanMaintenance, NotesAnUnknownInterval) {
  const PartitionMap odd({PartitionOf({Day(2026, 3, 1), Day(2026, 3, 3)})}, /*has_default=*/false);
  const auto plan = PlanMaintenance(odd, Day(2026, 3, 5), Day(2026, 3, 5), {.keep = 0});
  EXPECT_THAT(plan.create, IsEmpty());
  EXPECT_THAT(plan.take_away, IsEmpty());
  EXPECT_EQ(plan.notes.size(), 1);
  const auto none = PlanMaintenance(PartitionMap({}, /*has_default=*/false), Day(2026, 3, 5), Day(2026, 3, 5), {});
  EXPECT_THAT(none.notes, ElementsAre(::testing::HasSubstr("create the first one by hand")));
  EXPECT_THAT(PlanMaintenance(odd, Day(2026, 3, 5), Day(2026, 3, 5), {.create = false}).notes, IsEmpty());
}

std::vector<Partition> MonthsOf2026() {
  std::vector<Partition> months;
  for (int month = 1; month <= 12; ++month)
    months.push_back(PartitionOf(RangeOf(Interval::kMonth, Day(2026, month, 1))));
  return months;
}

TEST(PlanMaintenance, DropsNoMonthForAnHourThatWasAdded) {
  const absl::Time now = Day(2026, 11, 22);
  std::vector<Partition> partitions = MonthsOf2026();
  partitions.push_back(PartitionOf(RangeOf(Interval::kHour, Day(2027, 1, 1))));
  const PartitionMap map(partitions, /*has_default=*/false);
  const PartitionOptions year = {.create = false, .keep = 12}, two = {.create = false, .keep = 2};
  EXPECT_EQ(PlanOf(map, now, now, year), Plan{});
  EXPECT_EQ(PlanOf(map, now, now, two).take_away.size(), 8);
  EXPECT_EQ(PlanMaintenance(map, now, now, two).keep_from, Day(2026, 9, 1));
  EXPECT_THAT(PlanMaintenance(map, now, now, two).notes,
              ElementsAre(::testing::HasSubstr("while it is there, partitions.keep counts the longer interval")));
}

TEST(PlanMaintenance, CountsTheEarliestBoundWhicheverPartitionIsTheLatest) {
  const absl::Time now = Day(2026, 3, 5);  // a Thursday
  const PartitionMap map({PartitionOf(RangeOf(Interval::kWeek, Day(2026, 2, 23))),
                          PartitionOf(RangeOf(Interval::kMonth, Day(2026, 4, 1)))},
                         /*has_default=*/false);
  EXPECT_EQ(KeepFrom(map, now, {.keep = 0}), Day(2026, 3, 1)) << "the month";
  EXPECT_EQ(KeepFrom(map, Day(2026, 4, 1), {.keep = 0}), Day(2026, 3, 30)) << "the week";
  EXPECT_EQ(KeepFrom(map, now, {}), std::nullopt);
}

TEST(PlanMaintenance, CountsOddPartitionsAsTheNextLongerInterval) {
  const absl::Time now = Day(2026, 3, 5);
  const auto keep_from = [&](const TimeRange& odd) {
    const PartitionMap map({PartitionOf(odd), PartitionOf(RangeOf(Interval::kHour, now))}, /*has_default=*/false);
    return KeepFrom(map, now, {.keep = 2});
  };
  const absl::Time odd = Day(2026, 1, 1) + absl::Minutes(30);
  EXPECT_EQ(keep_from({odd, odd + absl::Minutes(10)}), now - absl::Hours(2));
  EXPECT_EQ(keep_from({odd, odd + absl::Hours(2)}), Day(2026, 3, 3));
  EXPECT_EQ(keep_from({odd, odd + absl::Hours(25)}), Day(2026, 2, 16));
  EXPECT_EQ(keep_from({odd, odd + absl::Hours(31 * 24 + 1)}), Day(2026, 1, 1));
  EXPECT_EQ(keep_from({odd, odd + absl::Hours(365 * 24)}), std::nullopt);
  EXPECT_EQ(keep_from({absl::InfinitePast(), odd}), now - absl::Hours(2));
}

TEST(PlanMaintenance, NotesWhatIsLongerThanAMonth) {
  const absl::Time now = Day(2026, 11, 22);
  std::vector<Partition> partitions = MonthsOf2026();
  partitions.push_back(PartitionOf({Day(2020, 1, 1), Day(2021, 1, 1)}));
  const auto plan = PlanMaintenance({partitions, /*has_default=*/false}, now, now, {.create = false, .keep = 2});
  EXPECT_THAT(plan.take_away, IsEmpty());
  EXPECT_THAT(plan.notes, ElementsAre(::testing::HasSubstr("while it is there, none is dropped")));
}

TEST(RangesAround, AreTheCurrentOneAndItsNeighbours) {
  EXPECT_THAT(RangesAround(Interval::kMonth, At("2026-11-22T13:00:00Z"), 0, 2),
              ElementsAre(TimeRange{Day(2026, 11, 1), Day(2026, 12, 1)}, TimeRange{Day(2026, 12, 1), Day(2027, 1, 1)},
                          TimeRange{Day(2027, 1, 1), Day(2027, 2, 1)}));
}

TEST(RangesAround, BeginBeforeTheCurrentOne) {
  EXPECT_THAT(
      RangesAround(Interval::kWeek, At("2026-11-22T13:00:00Z"), 1, 0),
      ElementsAre(TimeRange{Day(2026, 11, 9), Day(2026, 11, 16)}, TimeRange{Day(2026, 11, 16), Day(2026, 11, 23)}));
}

TEST(PlanMaintenance, CreatesNothingThatRetentionWouldTakeAway) {
  const PartitionMap map({PartitionOf({Day(2026, 3, 5), Day(2026, 3, 6)})}, /*has_default=*/false);
  const auto plan = PlanMaintenance(map, Day(2026, 3, 5), Day(2026, 3, 5), {.ahead = 0, .behind = 9, .keep = 2});
  EXPECT_THAT(plan.create,
              ElementsAre(TimeRange{Day(2026, 3, 3), Day(2026, 3, 4)}, TimeRange{Day(2026, 3, 4), Day(2026, 3, 5)}));
}

TEST(DetachMark, IsReadAgain) {
  const Table table = {.sql_name = "public.\"odd, [name)\"", .schema_name = "public", .name = "odd, [name)"};
  for (const TimeRange& range :
       {TimeRange{Day(2026, 3, 1), Day(2026, 3, 2)}, TimeRange{absl::InfinitePast(), At("2026-03-01T00:00:00.000001Z")},
        TimeRange{At("-43-03-15T12:00:00Z"), At("12026-01-01T00:00:00Z")}}) {
    const std::string mark =
        DetachMark(table, {.oid = "7", .sql_name = "public.\"p, [1)\"", .mark = "", .range = range});
    EXPECT_EQ(RangeOfMark(mark), range) << mark;
  }
  const TimeRange day = {Day(2026, 3, 1), Day(2026, 3, 2)};
  EXPECT_EQ(DetachMark(table, {.oid = "7", .sql_name = "public.p", .mark = "", .range = day}),
            "bxb: detached from public.\"odd, [name)\", public.p (oid 7), [2026-03-01T00:00:00+00:00, "
            "2026-03-02T00:00:00+00:00)");
  for (const char* other : {"", "bxb: detached from t", "[2026, 2027)", "[,)", ")[, "}) {
    EXPECT_EQ(RangeOfMark(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace bxb::schema
