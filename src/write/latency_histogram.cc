#include "write/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace bxb::write {

// Below 16 every value has a bucket of its own; above, the four bits after the leading one choose it.
std::size_t LatencyHistogram::BucketOf(std::int64_t nanoseconds) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
  if (value < kSubBuckets) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 5;
  return static_cast<std::size_t>(shift + 1) * kSubBuckets + static_cast<std::size_t>((value >> shift) & 15);
}

std::int64_t LatencyHistogram::UpperBound(std::size_t bucket) {
  if (bucket < kSubBuckets) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kSubBuckets - 1;
  return static_cast<std::int64_t>(((16 + bucket % kSubBuckets + 1) << shift) - 1);
}

LatencySummary LatencyHistogram::Summary() const {
  LatencySummary summary;
  summary.count = std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  if (summary.count == 0) return summary;
  const auto percentile = [&](double share) {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(summary.count)));
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    while ((seen += counts_[bucket]) < rank) ++bucket;
    return absl::Nanoseconds(UpperBound(bucket));
  };
  summary.p50 = percentile(0.5);
  summary.p90 = percentile(0.9);
  summary.p99 = percentile(0.99);
  summary.p999 = percentile(0.999);
  summary.max = percentile(1);
  return summary;
}

}  // namespace bxb::write
