#include "report/decay_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace bxb::bench::report {
namespace {

using ::testing::HasSubstr;

constexpr DecayModel kTruth{.hit = 8e-6, .miss = 60e-6, .fits = 500'000};

// Steps of equal size, each off by some percent.
std::vector<DecayPoint> Steps(const DecayModel& truth, int count, double noise, unsigned seed = 20'240'229) {
  std::cout << "seed " << seed << "\n";
  std::mt19937 engine(seed);
  std::normal_distribution<double> factor(1, noise);
  std::vector<DecayPoint> points;
  for (int i = 1; i <= count; ++i) {
    const double rows = i * 60'000.0;
    points.push_back({.rows = rows, .seconds = truth.SecondsPerRow(rows) * (noise > 0 ? factor(engine) : 1)});
  }
  return points;
}

TEST(DecayModel, ARowCostsAHitUntilMemoryIsFullAndAMissInTheEnd) {
  EXPECT_DOUBLE_EQ(kTruth.SecondsPerRow(100'000), 8e-6);
  EXPECT_DOUBLE_EQ(kTruth.SecondsPerRow(500'000), 8e-6);
  EXPECT_DOUBLE_EQ(kTruth.SecondsPerRow(1'000'000), 38e-6);
  EXPECT_NEAR(kTruth.SecondsPerRow(1e12), 68e-6, 1e-10);
}

TEST(DecayModel, FitFindsWhatExactPointsWereMadeOf) {
  const auto model = FitDecay(Steps(kTruth, 40, 0));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->hit / kTruth.hit, 1, 0.01);
  EXPECT_NEAR(model->miss / kTruth.miss, 1, 0.01);
  EXPECT_NEAR(model->fits / kTruth.fits, 1, 0.01);
}

TEST(DecayModel, FitFindsItThroughNoise) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    const auto model = FitDecay(Steps(kTruth, 40, 0.05, seed));
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_NEAR(model->hit / kTruth.hit, 1, 0.1);
    EXPECT_NEAR(model->miss / kTruth.miss, 1, 0.1);
    EXPECT_NEAR(model->fits / kTruth.fits, 1, 0.1);
  }
}

TEST(DecayModel, FitRefusesFewPoints) {
  const auto model = FitDecay(Steps(kTruth, 7, 0));
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("too few points"));
}

TEST(DecayModel, FitRefusesPointsOutOfOrderAndWithoutATime) {
  std::vector<DecayPoint> points = Steps(kTruth, 20, 0);
  points[5].seconds = 0;
  EXPECT_EQ(FitDecay(points).status().code(), absl::StatusCode::kInvalidArgument);
  points = Steps(kTruth, 20, 0);
  std::swap(points[3], points[4]);
  EXPECT_EQ(FitDecay(points).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DecayModel, FitRefusesATableThatHasNotOutgrownItsMemory) {
  const DecayModel roomy{.hit = 8e-6, .miss = 60e-6, .fits = 1e9};
  for (const double noise : {0.0, 0.05}) {
    EXPECT_EQ(FitDecay(Steps(roomy, 40, noise)).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST(DecayModel, CheckPredictsTheLastPointsFromTheFirst) {
  const auto exact = CheckDecay(Steps(kTruth, 40, 0), 0.7);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(exact->fitted, 28);
  EXPECT_LT(exact->worst_error, 0.01);
  const auto noisy = CheckDecay(Steps(kTruth, 40, 0.05), 0.7);
  ASSERT_TRUE(noisy.ok()) << noisy.status();
  EXPECT_LT(noisy->median_error, 0.1);
  EXPECT_GE(noisy->worst_error, noisy->median_error);
}

TEST(DecayModel, TheErrorOfACheckIsTheRates) {
  std::vector<DecayPoint> points = Steps(kTruth, 40, 0);
  points.back().seconds *= 1.5;
  const auto check = CheckDecay(points, 0.7);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_LT(check->median_error, 0.01);
  EXPECT_NEAR(check->worst_error, 0.5, 0.02);  // the rate was two thirds of what was predicted
}

TEST(DecayModel, CheckRefusesToCompareWithNothing) {
  EXPECT_EQ(CheckDecay(Steps(kTruth, 40, 0), 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bxb::bench::report
