#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"
#include "pq/deadline.h"

namespace bxb::testing {

/// Where in a message with a COPY FROM STDIN a SocketProxy cuts a connection: both of its ends, at once.
enum class CutPoint : std::uint8_t {
  kBeforeData,      ///< the server waits for data and gets none: not committed
  kInsideData,      ///< half of a CopyData message has reached the server: not committed
  kAfterEndMarker,  ///< the server has the end marker, and nobody waits for its answer: in doubt
  kBeforeReply,     ///< the server has said COMMIT, and the client does not hear it: committed
};
inline constexpr std::size_t kCutPoints = 4;

/// The cuts that are wanted and those that have happened. Thread-safe.
class CutPlan {
 public:
  void Want(CutPoint point, int count) {
    const std::lock_guard lock(mutex_);
    wanted_[Index(point)] += count;
  }

  void WantNone() {
    const std::lock_guard lock(mutex_);
    wanted_ = {};
  }

  /// Whether the connection that has come to this point is to be cut; then it must call Done or Missed.
  bool Claim(CutPoint point) {
    const std::lock_guard lock(mutex_);
    if (wanted_[Index(point)] == 0) return false;
    --wanted_[Index(point)];
    return true;
  }

  void Missed(CutPoint point) { Want(point, 1); }

  void Done(CutPoint point) {
    const std::lock_guard lock(mutex_);
    ++done_[Index(point)];
    changed_.notify_all();
  }

  int done(CutPoint point) const {
    const std::lock_guard lock(mutex_);
    return done_[Index(point)];
  }

  bool AwaitDone(CutPoint point, int total, absl::Duration timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, pq::After(timeout), [&] { return done_[Index(point)] >= total; });
  }

 private:
  static std::size_t Index(CutPoint point) { return static_cast<std::size_t>(point); }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::array<int, kCutPoints> wanted_ = {};
  std::array<int, kCutPoints> done_ = {};
};

}  // namespace bxb::testing
