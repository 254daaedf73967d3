#include "writer/load.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstddef>
#include <thread>

namespace bxb::bench::writer {

// A poll loop hands over what has become due in such steps. Sleeping for single events would take the
// server's cores for the benchmark's own timers.
constexpr std::chrono::microseconds kTick(100);

Load::Load(Target& target, std::span<const Event> events) : target_(target), events_(events), times_(events.size()) {}

void Load::RunClosedLoop(int outstanding) {
  begin_ = Clock::now();
  int free = outstanding;
  for (std::uint32_t number = 0; number < events_.size(); ++number) {
    while (free == 0) {
      credit_.wait(0);
      free = credit_.exchange(0);
    }
    --free;
    Submit(number, Now());
  }
  AwaitCredit(outstanding - free);
}

void Load::RunOpenLoop(double rate) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // the default of 50 us would be half a tick
  begin_ = Clock::now();
  std::uint32_t number = 0;
  const auto due = [rate](std::uint32_t n) { return static_cast<std::int64_t>(n * 1e9 / rate); };
  while (number < events_.size()) {
    const std::int64_t now = Now();
    for (; number < events_.size() && due(number) <= now; ++number) Submit(number, due(number));
    std::this_thread::sleep_for(kTick);
  }
  AwaitCredit(static_cast<int>(events_.size()));
}

Load::Percentiles Load::Latencies() {
  const auto at = [this](double share) {
    const auto nth = times_.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(times_.size() - 1));
    std::nth_element(times_.begin(), nth, times_.end());
    return static_cast<double>(*nth) / 1e6;
  };
  return {.p50 = at(0.5), .p99 = at(0.99), .p999 = at(0.999)};
}

void Load::Submit(std::uint32_t number, std::int64_t due) {
  times_[number] = due;
  target_.Submit(events_[number], *this, number);
}

void Load::AwaitCredit(int count) {
  while (count > 0) {
    credit_.wait(0);
    count -= credit_.exchange(0);
  }
  seconds_ = std::chrono::duration<double>(Clock::now() - begin_).count();
}

}  // namespace bxb::bench::writer
