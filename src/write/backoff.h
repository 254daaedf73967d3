#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "pq/deadline.h"
#include "pq/interrupt.h"

namespace bxb::write {

/// Exponential backoff with full jitter, from 10 ms up to 2 s: a random share of a bound that doubles
/// ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Thread-compatible.
class Backoff {
 public:
  /// Waits once. DeadlineExceeded or Cancelled where that came first.
  absl::Status Wait(pq::Deadline deadline, const pq::Interrupt& interrupt);

 private:
  std::chrono::milliseconds bound_{10};
};

}  // namespace bxb::write
