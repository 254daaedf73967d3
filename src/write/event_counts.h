#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "write/batch.h"
#include "write/batch_result.h"

namespace bxb::write {

/// How the events of a batch ended, counted.
struct EventCounts {
  std::uint64_t inserted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unknown = 0;
  absl::Status last_error = {};  ///< of a rejected or unknown one
};

/// Counts the rows and those that joined them.
EventCounts CountEvents(const Batch& batch, const BatchOutcome& outcome);

}  // namespace bxb::write
