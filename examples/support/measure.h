#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/bxb.h"

namespace examples {

/// How fast events went, each of them waiting for its own commit.
struct Measurement {
  std::uint64_t stored = 0;
  absl::Duration elapsed;
  bxb::WriterStats stats;
  bxb::Outcome last;  ///< the last event's
};

inline constexpr std::size_t kOutstanding = 4096;

/// Writes `count` generated events, never more than kOutstanding of them unacknowledged, as a service would
/// that answers its callers only when their event is safe. Ends at the first outcome that is not "stored".
absl::StatusOr<Measurement> Measure(const bxb::WriterOptions& options, std::uint64_t count);

}  // namespace examples
