#include "report/plan.h"

#include <gtest/gtest.h>

#include <vector>

namespace bxb::bench::report {
namespace {

TEST(Slice, IsTheFirstOnesShareOfWhatIsLeftByWeight) {
  EXPECT_DOUBLE_EQ(Slice(std::vector<double>{1, 3}, 100), 25);
  EXPECT_DOUBLE_EQ(Slice(std::vector<double>{30, 10, 20}, 600), 300);
  EXPECT_DOUBLE_EQ(Slice(std::vector<double>{20}, 45), 45);
}

TEST(Slice, WhatOneDoesNotUseIsTheOthers) {
  const double first = Slice(std::vector<double>{10, 10, 10}, 90);
  const double second = Slice(std::vector<double>{10, 10}, 90 - first / 2);
  EXPECT_DOUBLE_EQ(first, 30);
  EXPECT_DOUBLE_EQ(second, 37.5);
}

TEST(Slice, IsNothingWhereNoTimeOrNoWeightIsLeft) {
  EXPECT_DOUBLE_EQ(Slice(std::vector<double>{1, 1}, -5), 0);
  EXPECT_DOUBLE_EQ(Slice(std::vector<double>{0, 0}, 100), 0);
}

TEST(RoundsPlan, HasOneRoundEvenWithoutTime) {
  EXPECT_TRUE((RoundsPlan{.slice = 0}.Another(0, 0, 0)));
  EXPECT_TRUE((RoundsPlan{.slice = 0}.Another(0, 1'000, 0)));
  EXPECT_FALSE((RoundsPlan{.slice = 0}.Another(1, 5, 5)));
}

TEST(RoundsPlan, ThreeRoundsMayTakeAThirdMoreThanTheSlice) {
  const RoundsPlan plan{.slice = 10};
  EXPECT_TRUE(plan.Another(1, 6.7, 6.7));
  EXPECT_TRUE(plan.Another(2, 8.9, 4.5));
  EXPECT_FALSE(plan.Another(1, 6.8, 6.8));
  EXPECT_FALSE(plan.Another(2, 9.2, 4.6));
}

TEST(RoundsPlan, AFourthRoundMustFitTheSlice) {
  const RoundsPlan plan{.slice = 10};
  EXPECT_TRUE(plan.Another(3, 7.2, 2.4));
  EXPECT_FALSE(plan.Another(3, 7.8, 2.6));
}

TEST(RoundsPlan, GoesByTheLongestRound) {
  const RoundsPlan plan{.slice = 10};
  EXPECT_TRUE(plan.Another(4, 6, 2));
  EXPECT_FALSE(plan.Another(4, 6, 5));
}

TEST(RoundsPlan, NeverHasMoreThanSevenRounds) {
  const RoundsPlan plan{.slice = 1e9};
  EXPECT_TRUE(plan.Another(6, 6, 1));
  EXPECT_FALSE(plan.Another(7, 7, 1));
  EXPECT_EQ(plan.Expected(0, 0, 0.001), 7);
}

TEST(RoundsPlan, ExpectsThoseThatItWillHave) {
  const RoundsPlan plan{.slice = 10};
  EXPECT_EQ(plan.Expected(1, 2, 2), 5);
  EXPECT_EQ(plan.Expected(1, 4.4, 4.4), 3);
  EXPECT_EQ(plan.Expected(1, 6, 6), 2);
  EXPECT_EQ(plan.Expected(4, 9, 2), 4);
  EXPECT_EQ((RoundsPlan{.slice = 0}.Expected(0, 0, 5)), 1);
}

TEST(MinutesAndSeconds, AreForPeople) {
  EXPECT_EQ(MinutesAndSeconds(400), "6:40");
  EXPECT_EQ(MinutesAndSeconds(5), "0:05");
  EXPECT_EQ(MinutesAndSeconds(59.4), "0:59");
  EXPECT_EQ(MinutesAndSeconds(59.5), "1:00");
  EXPECT_EQ(MinutesAndSeconds(7'200), "120:00");
  EXPECT_EQ(MinutesAndSeconds(-3), "0:00");
}

}  // namespace
}  // namespace bxb::bench::report
