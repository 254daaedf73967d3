#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "bxb/bxb.h"

namespace bxb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kYear = absl::Hours(24 * 365);
constexpr auto kHour = PartitionInterval::kHour;
constexpr auto kDay = PartitionInterval::kDay;
constexpr auto kWeek = PartitionInterval::kWeek;
constexpr auto kMonth = PartitionInterval::kMonth;

struct Case {
  double rows_per_second;
  absl::Duration retention;
  std::optional<PartitionInterval> interval;
  double partitions;
};

TEST(AdvisePartitions, FollowsTheRuleOfThumb) {
  const Case cases[] = {
      {50'000, absl::Hours(24 * 90), kDay, 91},
      {10'000, kYear, kDay, 366},
      {9'999, kYear, kWeek, 54},
      {1'000, kYear, kWeek, 54},
      {999, kYear, kMonth, 13},
      {1, kYear, kMonth, 13},
      {0.001, kYear, std::nullopt, 0},
      {0, kYear, std::nullopt, 0},
      {50'000, 3 * kYear, kWeek, 158},
      {50'000, 20 * kYear, kMonth, 241},
      {5'000, 20 * kYear, kMonth, 241},
      {50'000, absl::ZeroDuration(), kDay, 1},
  };
  for (const Case& example : cases) {
    const PartitionAdvice advice = AdvisePartitions(example.rows_per_second, example.retention);
    EXPECT_EQ(advice.interval, example.interval) << advice.reason;
    EXPECT_EQ(advice.partitions, example.partitions) << advice.reason;
    EXPECT_FALSE(advice.reason.empty());
  }
}

TEST(AdvisePartitions, TakesTheLongestForWhatIsKeptForever) {
  const PartitionAdvice advice = AdvisePartitions(50'000, absl::InfiniteDuration());
  EXPECT_EQ(advice.interval, kMonth);
  EXPECT_EQ(advice.partitions, std::numeric_limits<double>::infinity());
}

TEST(AdvisePartitions, SaysWhy) {
  EXPECT_EQ(AdvisePartitions(50'000, absl::Hours(24 * 90)).reason,
            "days from 10,000 rows/s: 4.3 billion rows a day, 91 partitions");
  EXPECT_EQ(
      AdvisePartitions(50'000, 3 * kYear).reason,
      "days from 10,000 rows/s: 30 billion rows a week, 158 partitions (of a day each there would be 1.1 thousand)");
  EXPECT_EQ(AdvisePartitions(0.001, kYear).reason, "a month has 2.6 thousand rows: one plain table does");
  EXPECT_EQ(AdvisePartitions(10, absl::InfiniteDuration()).reason,
            "months below 1,000 rows/s: 26 million rows a month, ever more partitions");
}

TEST(AdvisePartitions, CountsTheRowsOfOnePartition) {
  EXPECT_DOUBLE_EQ(AdvisePartitions(10'000, kYear).rows_per_partition, 864e6);
  EXPECT_DOUBLE_EQ(AdvisePartitions(1'000, kYear).rows_per_partition, 604.8e6);
}

TEST(AdvisePartitions, TakesNonsenseForNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double rate : {nan, -1.0, -1e300, 0.0}) {
    EXPECT_EQ(AdvisePartitions(rate, kYear).reason, "a month has 0 rows: one plain table does") << rate;
    EXPECT_THAT(LayoutWarnings({}, rate, kYear), IsEmpty()) << rate;
  }
  for (const absl::Duration retention : {-kYear, -absl::InfiniteDuration()}) {
    EXPECT_EQ(AdvisePartitions(50'000, retention).partitions, 1) << retention;
    EXPECT_THAT(LayoutWarnings({.partition_by = kDay}, 50'000, retention), IsEmpty()) << retention;
  }
}

TEST(AdvisePartitions, IsBriefOnVeryLargeNumbers) {
  const PartitionAdvice advice = AdvisePartitions(1e300, kYear);
  EXPECT_EQ(advice.reason, "days from 10,000 rows/s: 8.6e+292 trillion rows a day, 366 partitions");
  for (const std::string& warning : LayoutWarnings({.partition_by = kMonth}, 1e300, kYear)) {
    EXPECT_LT(warning.size(), 150) << warning;
  }
}

TEST(LayoutWarnings, HasNoneForWhatIsAdvised) {
  for (const double rate : {0.0001, 1.0, 999.0, 1'000.0, 9'999.0, 10'000.0, 500'000.0}) {
    for (const absl::Duration retention : {absl::Hours(24), kYear, 5 * kYear, absl::InfiniteDuration()}) {
      const Layout advised = {.partition_by = AdvisePartitions(rate, retention).interval};
      EXPECT_THAT(LayoutWarnings(advised, rate, retention), IsEmpty()) << rate << " " << retention;
    }
  }
}

TEST(LayoutWarnings, LeavesShorterIntervalsAloneWhileTheyAreFewAndFull) {
  EXPECT_THAT(LayoutWarnings({.partition_by = kHour}, 1'000, absl::Hours(24 * 7)), IsEmpty());
  EXPECT_THAT(LayoutWarnings({}, 1'000, absl::Hours(1)), IsEmpty());
}

TEST(LayoutWarnings, SaysWhereTheRuleIsBroken) {
  EXPECT_THAT(LayoutWarnings({}, 1'000, kYear),
              ElementsAre("one plain table will hold 32 billion rows, and its B-trees will outgrow memory: partitions "
                          "of a week keep inserts fast"));
  EXPECT_THAT(LayoutWarnings({.partition_by = kMonth}, 50'000, kYear),
              ElementsAre("a month has 131 billion rows, many for one partition: better partitions of a day"));
  EXPECT_THAT(LayoutWarnings({.partition_by = kHour}, 50'000, kYear),
              ElementsAre("there will be 8.8 thousand partitions of an hour, which every query has to plan for: better "
                          "partitions of a day"));
  EXPECT_THAT(LayoutWarnings({.partition_by = kDay}, 0.1, absl::Hours(24 * 30)),
              ElementsAre("a day has 8.6 thousand rows, too few for a partition: better partitions of a month"));
  EXPECT_THAT(LayoutWarnings({.partition_by = kMonth}, 0.001, kYear), ElementsAre(HasSubstr("better one plain table")));
}

}  // namespace
}  // namespace bxb
