#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace bxb::pq {

/// A moment on the monotonic clock after which a wait gives up.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline After(absl::Duration timeout) {
  // A century is as good as forever, and does not overflow the clock.
  const absl::Duration bounded = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24 * 36500));
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(bounded);
}

}  // namespace bxb::pq
