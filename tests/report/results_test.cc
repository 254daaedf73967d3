#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/report.h"

namespace bxb::bench {
namespace {

struct FailedBefore18 {
  bool error_occurred = true;
  std::string error_message = "no disk";
};

struct FailedSince18 {
  enum Skipped { kNot = 0, kWithMessage, kWithError } skipped = kWithError;
  std::string skip_message = "no disk";
};

TEST(WhyNotTest, ReadsTheRunsOfEachVersionOfGoogleBenchmark) {
  EXPECT_EQ(WhyNot(FailedBefore18{}), "no disk");
  EXPECT_EQ(WhyNot(FailedSince18{}), "no disk");
  EXPECT_EQ(WhyNot(FailedBefore18{.error_occurred = false}), std::nullopt);
  EXPECT_EQ(WhyNot(FailedSince18{.skipped = FailedSince18::kNot}), std::nullopt);
}

}  // namespace
}  // namespace bxb::bench
