#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "bxb/outcome.h"
#include "pq/deadline.h"

namespace bxb::write {

/// How the commit of a batch ended, for all of its rows.
struct BatchOutcome {
  Outcome common;               ///< of each row, unless `duplicate` says otherwise
  std::vector<bool> duplicate;  ///< by row; empty where no row is a duplicate

  Outcome Of(std::uint32_t row) const {
    Outcome outcome = common;
    if (!duplicate.empty() && duplicate[row]) outcome.kind = Outcome::Kind::kDuplicate;
    return outcome;
  }
};

}  // namespace bxb::write

namespace bxb::internal {

/// Where the tickets of a batch look for their outcome. Thread-safe.
class BatchResult {
 public:
  /// Called once.
  void Resolve(write::BatchOutcome outcome);

  /// The outcome of a row, or nullopt when the deadline passed first.
  std::optional<Outcome> Wait(std::uint32_t row, pq::Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable resolved_;
  std::optional<write::BatchOutcome> outcome_;
};

}  // namespace bxb::internal
