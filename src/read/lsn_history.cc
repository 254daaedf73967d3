#include "read/lsn_history.h"

#include <algorithm>
#include <chrono>

namespace bxb::read {
namespace {

constexpr std::chrono::minutes kRemembered{10};

// Checks may come in quick succession; leaving some out makes a standby look a little older, never younger.
constexpr std::chrono::milliseconds kApart{5};

}  // namespace

void LsnHistory::Add(Time asked, Lsn lsn) {
  if (lsn < last()) Clear();
  if (!samples_.empty()) {
    Sample& last = samples_.back();
    if (lsn == last.lsn) {
      last.asked = asked;
      return;
    }
    if (samples_.size() > 1 && last.asked - samples_[samples_.size() - 2].asked < kApart) samples_.pop_back();
  }
  samples_.push_back({asked, lsn});
  while (samples_.front().asked + kRemembered < asked) samples_.pop_front();
}

std::optional<LsnHistory::Time> LsnHistory::CompleteSince(Lsn replayed) const {
  const auto later = std::ranges::upper_bound(samples_, replayed, {}, &Sample::lsn);
  if (later == samples_.begin()) return std::nullopt;
  return std::prev(later)->asked;
}

}  // namespace bxb::read
