#include "write/latency_histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace bxb::write {
namespace {

TEST(LatencyHistogram, IsEmptyAtFirst) {
  const LatencySummary summary = LatencyHistogram().Summary();
  EXPECT_EQ(summary.count, 0);
  EXPECT_EQ(summary.p99, absl::ZeroDuration());
}

TEST(LatencyHistogram, ReadsPercentilesAtMostASixteenthTooHigh) {
  LatencyHistogram histogram;
  for (std::int64_t us = 1; us <= 1000; ++us) histogram.Add(LatencyHistogram::BucketOf(us * 1000), 1);
  const LatencySummary summary = histogram.Summary();
  EXPECT_EQ(summary.count, 1000);
  const auto near = [](absl::Duration got, double us) {
    EXPECT_GE(absl::ToDoubleMicroseconds(got), us);
    EXPECT_LE(absl::ToDoubleMicroseconds(got), us * 17 / 16);
  };
  near(summary.p50, 500);
  near(summary.p90, 900);
  near(summary.p99, 990);
  near(summary.p999, 999);
  near(summary.max, 1000);
}

TEST(LatencyHistogram, HasABucketForEveryDuration) {
  LatencyHistogram histogram;
  for (const std::int64_t ns : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{15}, std::int64_t{16},
                                std::numeric_limits<std::int64_t>::max()}) {
    histogram.Add(LatencyHistogram::BucketOf(ns), 1);
  }
  EXPECT_EQ(histogram.Summary().count, 5);
}

TEST(LatencyHistogram, PutsLargerDurationsIntoLaterBuckets) {
  std::size_t last = 0;
  for (std::int64_t ns = 1; ns < (std::int64_t{1} << 60); ns += ns / 17 + 1) {
    const std::size_t bucket = LatencyHistogram::BucketOf(ns);
    EXPECT_GE(bucket, last);
    EXPECT_LE(bucket, last + 2);
    last = bucket;
  }
}

}  // namespace
}  // namespace bxb::write
