#pragma once

#include <mutex>

namespace bxb::write {

/// The controller behind the optimistic fast path: what share of the latest batches held a duplicate, and whether it
/// is time to look a batch's duplicates up before anything is copied.
///
/// With p that share, f the part of a direct COPY that is done when the server meets the first duplicate, m what a
/// merge and l what a look-up costs where a direct COPY costs 1: direct first costs (1 - p) + p (f + m), look-up first
/// 1 + l. With f about 1/2, m about 1.6 and l about 0.45 (measured: docs/measurements.md) they are equal at p = 0.41.
///
/// Shared by the lanes of a writer. Thread-safe.
class ConflictRate {
 public:
  /// Learns from one more batch.
  void Record(bool conflicted) {
    const std::lock_guard lock(mutex_);
    rate_ += kWeight * ((conflicted ? 1 : 0) - rate_);
  }

  bool LookUpFirst() const { return rate() > kBreakEven; }

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
