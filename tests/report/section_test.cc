#include "report/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace bxb::bench::report {
namespace {

using ::testing::ElementsAre;

TEST(Format, RatesHaveThreeFiguresAndThousands) {
  EXPECT_EQ(Format(421'234, Unit::kPerSecond), "421,000/s");
  EXPECT_EQ(Format(1'234'567, Unit::kPerSecond), "1,230,000/s");
  EXPECT_EQ(Format(999.6, Unit::kPerSecond), "1,000/s");
  EXPECT_EQ(Format(1.5, Unit::kPerSecond), "1.50/s");
  EXPECT_EQ(Format(0, Unit::kPerSecond), "0/s");
}

TEST(Format, TimesHaveThreeFigures) {
  EXPECT_EQ(Format(0.5, Unit::kTimes), "0.50 x");
  EXPECT_EQ(Format(1.5612, Unit::kTimes), "1.56 x");
  EXPECT_EQ(Format(15.612, Unit::kTimes), "15.6 x");
  EXPECT_EQ(Format(156.12, Unit::kTimes), "156 x");
  EXPECT_EQ(Format(1'561.2, Unit::kTimes), "1,560 x");
}

TEST(Format, RoundingUpToTheNextPowerOfTenAddsNoFigure) {
  EXPECT_EQ(Format(9.994, Unit::kTimes), "9.99 x");
  EXPECT_EQ(Format(9.996, Unit::kTimes), "10.0 x");
  EXPECT_EQ(Format(99.94, Unit::kTimes), "99.9 x");
  EXPECT_EQ(Format(99.96, Unit::kTimes), "100 x");
  EXPECT_EQ(Format(0.0994, Unit::kPercent), "9.9 %");
  EXPECT_EQ(Format(0.0996, Unit::kPercent), "10 %");
}

TEST(Format, SmallPercentagesHaveATenth) {
  EXPECT_EQ(Format(0.85, Unit::kPercent), "85 %");
  EXPECT_EQ(Format(0.0123, Unit::kPercent), "1.2 %");
  EXPECT_EQ(Format(-0.05, Unit::kPercent), "-5.0 %");
  EXPECT_EQ(Format(1.5, Unit::kPercent), "150 %");
}

TEST(Format, BytesAreInPowersOfTen) {
  EXPECT_EQ(Format(183, Unit::kBytes), "183 B");
  EXPECT_EQ(Format(8'192, Unit::kBytes), "8,190 B");
  EXPECT_EQ(Format(12'345, Unit::kBytes), "12.3 kB");
  EXPECT_EQ(Format(1.5e6, Unit::kBytes), "1.50 MB");
  EXPECT_EQ(Format(4.2e9, Unit::kBytes), "4.20 GB");
  EXPECT_EQ(Format(2e12, Unit::kBytes), "2.00 TB");
}

TEST(Format, TimesHaveTheUnitThatSuits) {
  EXPECT_EQ(Format(18e-6, Unit::kSeconds), "18.0 us");
  EXPECT_EQ(Format(2.3e-3, Unit::kSeconds), "2.30 ms");
  EXPECT_EQ(Format(0.5, Unit::kSeconds), "500 ms");
  EXPECT_EQ(Format(41, Unit::kSeconds), "41.0 s");
  EXPECT_EQ(Format(119, Unit::kSeconds), "119 s");
  EXPECT_EQ(Format(300, Unit::kSeconds), "5.00 min");
  EXPECT_EQ(Format(0, Unit::kSeconds), "0 us");
}

TEST(Format, SmallCountsAreWhole) {
  EXPECT_EQ(Format(4, Unit::kCount), "4");
  EXPECT_EQ(Format(2.5, Unit::kCount), "2.5");
  EXPECT_EQ(Format(99.999, Unit::kCount), "100");
  EXPECT_EQ(Format(12'345, Unit::kCount), "12,300");
}

TEST(Format, ThousandsOfNegativeNumbers) {
  EXPECT_EQ(Format(-123'456, Unit::kCount), "-123,000");
  EXPECT_EQ(Format(-1'234'567, Unit::kCount), "-1,230,000");
}

TEST(Format, WhatIsNoNumberSaysSo) {
  EXPECT_EQ(Format(std::numeric_limits<double>::quiet_NaN(), Unit::kTimes), "nan x");
}

TEST(Format, ASummaryHasItsSpreadInBrackets) {
  EXPECT_EQ(Format(Summary{1.5, 1.2, 1.9}, Unit::kTimes), "1.50 x (1.20 x .. 1.90 x)");
}

TEST(Format, ASummaryWhoseRoundsReadTheSameHasNoSpread) {
  EXPECT_EQ(Format(Summary{2, 2, 2}, Unit::kTimes), "2.00 x");
  EXPECT_EQ(Format(Summary{421'000, 420'900, 421'100}, Unit::kPerSecond), "421,000/s");
}

Results TwoRounds() {
  Results results;
  for (const auto& [round, value] : {std::pair{1, 50}, {2, 80}}) results.Add("indexed", "rows_per_s", round, value);
  for (const int round : {1, 2}) results.Add("bare", "rows_per_s", round, 100);
  return results;
}

TEST(Figure, IsTheMedianOfTheRoundsTimesItsFactor) {
  const Measured measured = Figure(TwoRounds(), "indexed", "rows_per_s", 0.1);
  ASSERT_TRUE(measured.figure);
  EXPECT_DOUBLE_EQ(measured.figure->median, 6.5);
  EXPECT_DOUBLE_EQ(measured.figure->min, 5);
  EXPECT_DOUBLE_EQ(measured.figure->max, 8);
  EXPECT_EQ(measured.why_not, "");
}

TEST(Figure, HasItsContendersReasonWhereThereIsNone) {
  Results results;
  results.AddReason("indexed", "no disk");
  const Measured measured = Figure(results, "indexed", "rows_per_s");
  EXPECT_FALSE(measured.figure);
  EXPECT_EQ(measured.why_not, "no disk");
}

TEST(Ratio, ComparesRoundByRound) {
  Results results = TwoRounds();
  results.Add("bare", "rows_per_s", 1, 500);
  results.Add("bare", "rows_per_s", 3, 1);
  const Measured ratio = Ratio(results, "indexed", "bare", "rows_per_s");
  ASSERT_TRUE(ratio.figure);
  EXPECT_DOUBLE_EQ(ratio.figure->min, 0.1);
  EXPECT_DOUBLE_EQ(ratio.figure->max, 0.8);
}

TEST(Ratio, NeedsARoundThatBothHad) {
  Results results;
  results.Add("indexed", "rows_per_s", 1, 1);
  results.Add("bare", "rows_per_s", 2, 1);
  EXPECT_FALSE(Ratio(results, "indexed", "bare", "rows_per_s").figure);
}

TEST(Ratio, HasTheFirstOnesReasonBeforeTheOthers) {
  Results results;
  results.AddReason("bare", "no bare");
  EXPECT_EQ(Ratio(results, "indexed", "bare", "rows_per_s").why_not, "no bare");
  results.AddReason("indexed", "no indexed");
  EXPECT_EQ(Ratio(results, "indexed", "bare", "rows_per_s").why_not, "no indexed");
}

TEST(Cost, IsLeastWhereTheRatioIsHighest) {
  const Measured cost = Cost(TwoRounds(), "indexed", "bare", "rows_per_s");
  ASSERT_TRUE(cost.figure);
  EXPECT_DOUBLE_EQ(cost.figure->median, 0.35);
  EXPECT_DOUBLE_EQ(cost.figure->min, 0.2);
  EXPECT_DOUBLE_EQ(cost.figure->max, 0.5);
}

TEST(Cost, HasTheRatiosReason) {
  Results results;
  results.AddReason("bare", "no bare");
  EXPECT_EQ(Cost(results, "indexed", "bare", "rows_per_s").why_not, "no bare");
}

TEST(Cell, IsTheMedianOrNotRun) {
  EXPECT_EQ(Cell({.figure = Summary{2, 1, 3}, .why_not = {}}, Unit::kTimes), "2.00 x");
  EXPECT_EQ(Cell({.figure = {}, .why_not = "no disk"}, Unit::kTimes), "not run");
}

TEST(TableOf, HasARowForEachContenderOfThePrefixInTheOrderOfTheirRuns) {
  Results results = TwoRounds();
  results.Add("copy/2", "rows_per_s", 1, 2'000);
  results.Add("copy/1", "rows_per_s", 1, 900);
  results.Add("copy/1", "rows_per_s", 2, 1'100);
  results.Add("copy/1", "p50_ms", 1, 2.5);
  const TextTable table =
      TableOf(results, "copy/", "connections",
              {{.title = "rows/s", .metric = "rows_per_s", .unit = Unit::kPerSecond, .spread = true},
               {.title = "p50", .metric = "p50_ms", .unit = Unit::kSeconds, .factor = 1e-3}});
  EXPECT_THAT(table.head, ElementsAre("connections", "rows/s", "p50"));
  EXPECT_THAT(table.rows,
              ElementsAre(ElementsAre("2", "2,000/s", ""), ElementsAre("1", "1,000/s (900/s .. 1,100/s)", "2.50 ms")));
}

}  // namespace
}  // namespace bxb::bench::report
