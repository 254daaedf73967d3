#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "bxb/event.h"

namespace bxb::bench::writer {

using Clock = std::chrono::steady_clock;

class Load;

/// Something that acknowledges each event on its own.
class Target {
 public:
  virtual ~Target() = default;

  /// Takes the event, and calls `load.Acknowledge(number)` once it is durable, from any thread.
  virtual void Submit(const Event& event, Load& load, std::uint32_t number) = 0;
};

/// Events on their way to a target, each with its own latency. One thread submits.
class Load {
 public:
  Load(Target& target, std::span<const Event> events);

  /// Keeps `outstanding` events on their way, each replaced as soon as it is acknowledged, until all are.
  void RunClosedLoop(int outstanding);

  /// Submits `rate` events a second whatever becomes of them. A latency is counted from the time at which the
  /// event was due: an event that had to wait because the submitter was held up is late all the same.
  void RunOpenLoop(double rate);

  void Acknowledge(std::uint32_t number) {
    times_[number] = (Clock::now() - begin_).count() - times_[number];
    if (credit_.fetch_add(1, std::memory_order_acq_rel) == 0) credit_.notify_one();
  }

  /// From the first submission to the last acknowledgement.
  double seconds() const { return seconds_; }

  struct Percentiles {
    double p50, p99, p999;  ///< milliseconds
  };
  Percentiles Latencies();

 private:
  void Submit(std::uint32_t number, std::int64_t due);
  void AwaitCredit(int count);
  std::int64_t Now() const { return (Clock::now() - begin_).count(); }

  Target& target_;
  std::span<const Event> events_;
  Clock::time_point begin_;
  std::vector<std::int64_t> times_;  ///< by event, in ns since begin_: when it was due, later how long it took
  std::atomic<int> credit_ = 0;      ///< acknowledgements that the submitter has not taken notice of
  double seconds_ = 0;
};

}  // namespace bxb::bench::writer
