#include "support/progress.h"

#include <unistd.h>

#include <iostream>

#include "support/format.h"

namespace examples {

Progress::Progress()
    : terminal_(isatty(STDOUT_FILENO) == 1),
      interval_(terminal_ ? absl::Milliseconds(200) : absl::Seconds(1)),
      start_(absl::Now()),
      next_(start_ + interval_) {}

void Progress::ShowIfDue(const bxb::EventWriter& writer) {
  const absl::Time now = absl::Now();
  if (now < next_) return;
  next_ = now + interval_;
  const bxb::WriterStats stats = writer.stats();
  const std::uint64_t acknowledged = stats.inserted + stats.duplicates;
  std::cout << (terminal_ ? "\r" : "") << "    " << WithCommas(stats.accepted) << " written, "
            << WithCommas(acknowledged) << " acknowledged, " << PerSecond(acknowledged, now - start_) << ", "
            << WithCommas(stats.duplicates) << " duplicates, " << WithCommas(stats.refused + stats.rejected)
            << " rejected, p99 " << Milliseconds(stats.ack_latency.p99) << (terminal_ ? "\x1b[K" : "\n") << std::flush;
}

Progress::~Progress() {
  if (terminal_) std::cout << "\r\x1b[K" << std::flush;
}

}  // namespace examples
