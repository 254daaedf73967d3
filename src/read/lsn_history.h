#pragma once

#include <deque>
#include <optional>

#include "absl/time/time.h"
#include "bxb/lsn.h"
#include "pq/deadline.h"

namespace bxb::read {

/// Where the primary's log was, and when: what lag in time is reckoned by. Of one timeline. Thread-compatible.
class LsnHistory {
 public:
  using Time = pq::Deadline;

  /// The primary was asked at `asked`, and answered `lsn`: all that had been committed by then lies before it. In the
  /// order of time. A lower position than before begins the history anew: the primary has lost the end of its log, as
  /// it does when one of its processes crashes.
  void Add(Time asked, Lsn lsn);

  /// The latest moment by which a server that has replayed up to `replayed` has all that was committed; nullopt where
  /// that is longer ago than what is remembered, or nothing is.
  std::optional<Time> CompleteSince(Lsn replayed) const;

  /// The last position known; zero where none is.
  Lsn last() const { return samples_.empty() ? Lsn{} : samples_.back().lsn; }

  void Clear() { samples_.clear(); }

 private:
  struct Sample {
    Time asked;
    Lsn lsn;
  };

  std::deque<Sample> samples_;  ///< both members grow
};

}  // namespace bxb::read
