#include "support/chart_axis.h"

#include <gtest/gtest.h>

#include <limits>

namespace bxb::bench {
namespace {

using Labels = std::vector<std::string>;

Labels LabelsOf(const Axis& axis) {
  Labels labels;
  for (const double tick : axis.ticks()) labels.push_back(axis.Label(tick));
  return labels;
}

TEST(ChartAxis, LinearBeginsAtZero) {
  const Axis axis(Scale::kLinear, {10, 47});
  EXPECT_EQ(LabelsOf(axis), (Labels{"0", "10", "20", "30", "40", "50"}));
  EXPECT_EQ(axis.Fraction(0), 0);
  EXPECT_DOUBLE_EQ(axis.Fraction(25), 0.5);
}

TEST(ChartAxis, LinearEndsAtMostHalfAStepBehindTheLargestValue) {
  for (const double largest : {1.0, 1.1, 3.3, 4.7, 9.99, 270'000.0, 1.2e9, 0.0031}) {
    EXPECT_GE(Axis(Scale::kLinear, {largest}).Fraction(largest), 0.83) << largest;
  }
}

TEST(ChartAxis, LinearGoesBelowZeroForWhatIsThere) {
  EXPECT_EQ(LabelsOf(Axis(Scale::kLinear, {-5, 5})), (Labels{"-4", "-2", "0", "2", "4"}));
}

TEST(ChartAxis, LogarithmicHasADecadePerTick) {
  const Axis axis(Scale::kLog, {0.3, 5000});
  EXPECT_EQ(LabelsOf(axis), (Labels{"1", "10", "100", "1,000"}));
  for (std::size_t i = 2; i < axis.ticks().size(); ++i) {
    EXPECT_NEAR(axis.Fraction(axis.ticks()[i]) - axis.Fraction(axis.ticks()[i - 1]),
                axis.Fraction(axis.ticks()[1]) - axis.Fraction(axis.ticks()[0]), 1e-9);
  }
}

TEST(ChartAxis, LogarithmicEndsNearTheOutermostValues) {
  const Axis axis(Scale::kLog, {1000, 300'000});
  EXPECT_GT(axis.Fraction(1000), 0);
  EXPECT_LT(axis.Fraction(1000), 0.05);
  EXPECT_LT(axis.Fraction(300'000), 1);
  EXPECT_GT(axis.Fraction(300'000), 0.94);
}

TEST(ChartAxis, NarrowLogarithmicHasNumbersBetweenTheDecades) {
  EXPECT_EQ(LabelsOf(Axis(Scale::kLog, {45, 210})), (Labels{"50", "100", "200"}));
  EXPECT_EQ(LabelsOf(Axis(Scale::kLog, {5})), (Labels{"2", "5", "10"}));
}

TEST(ChartAxis, WideLogarithmicLeavesOutDecades) {
  const Axis axis(Scale::kLog, {1e-20, 1e20});
  EXPECT_LE(axis.ticks().size(), 10);
  EXPECT_GE(axis.ticks().size(), 5);
}

TEST(ChartAxis, LargeNumbersAreShort) {
  EXPECT_EQ(LabelsOf(Axis(Scale::kLinear, {9.7e6})), (Labels{"0", "2 M", "4 M", "6 M", "8 M", "10 M"}));
  EXPECT_EQ(LabelsOf(Axis(Scale::kLog, {200, 3e6})), (Labels{"1 k", "10 k", "100 k", "1 M"}));
  EXPECT_EQ(LabelsOf(Axis(Scale::kLinear, {300'000})), (Labels{"0", "100,000", "200,000", "300,000"}));
}

TEST(ChartAxis, HasNoPlaceForWhatIsNotFiniteNorForZeroOnALogarithm) {
  for (const Scale scale : {Scale::kLinear, Scale::kLog}) {
    EXPECT_FALSE(HasPlace(scale, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(HasPlace(scale, std::numeric_limits<double>::infinity()));
    EXPECT_TRUE(HasPlace(scale, 0.5));
  }
  EXPECT_TRUE(HasPlace(Scale::kLinear, 0));
  EXPECT_TRUE(HasPlace(Scale::kLinear, -1));
  EXPECT_FALSE(HasPlace(Scale::kLog, 0));
  EXPECT_FALSE(HasPlace(Scale::kLog, -1));
}

TEST(ChartAxis, StandsWithoutValues) {
  EXPECT_GE(LabelsOf(Axis(Scale::kLinear, {})).size(), 2);
  EXPECT_GE(LabelsOf(Axis(Scale::kLinear, {0, 0})).size(), 2);
  EXPECT_GE(LabelsOf(Axis(Scale::kLog, {0, -3})).size(), 2);
}

}  // namespace
}  // namespace bxb::bench
