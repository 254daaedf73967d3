#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bxb/writer_stats.h"

namespace bxb::write {

/// Counts durations in buckets whose width is a sixteenth of their power of two, from a nanosecond to
/// centuries, so that a percentile is at most 1/16 too high. Thread-compatible.
class LatencyHistogram {
 public:
  /// Which bucket a duration of `nanoseconds` belongs to.
  static std::size_t BucketOf(std::int64_t nanoseconds);

  void Add(std::size_t bucket, std::uint64_t count) { counts_[bucket] += count; }

  LatencySummary Summary() const;

 private:
  static constexpr std::size_t kSubBuckets = 16;
  static constexpr std::size_t kBuckets = 61 * kSubBuckets;

  static std::int64_t UpperBound(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
};

}  // namespace bxb::write
