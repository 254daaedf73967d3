#pragma once

#include <mutex>

namespace bxb::write {

/// The controller behind the optimistic fast path: what share of the latest batches held a duplicate, and whether it
/// is time to merge without trying a direct COPY first.
///
/// With p that share, f the part of a direct COPY that is done when the server meets the first duplicate, and m what a
/// merge costs where a direct COPY costs 1: direct first costs (1 - p) + p (f + m), merge first costs m. With f about
/// 1/2 and m about 1.4, as measured (docs/benchmarks.md), they are equal at p = 0.44.
///
/// Shared by the lanes of a writer. Thread-safe.
class ConflictRate {
 public:
  /// Learns from one more batch.
  void Record(bool conflicted) {
    const std::lock_guard lock(mutex_);
    rate_ += kWeight * ((conflicted ? 1 : 0) - rate_);
  }

  bool MergeFirst() const { return rate() > kBreakEven; }

  /// 0 … 1, weighted towards the latest batches.
  double rate() const {
    const std::lock_guard lock(mutex_);
    return rate_;
  }

 private:
  static constexpr double kBreakEven = 0.4;
  static constexpr double kWeight = 0.25;

  mutable std::mutex mutex_;
  double rate_ = 0;
};

}  // namespace bxb::write
