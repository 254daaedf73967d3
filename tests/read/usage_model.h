#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/usage.h"
#include "read/usage_events.h"

namespace bxb::testing {

/// What usage must be, computed without the server; averages in floating point. OutOfRange where a Decimal cannot hold
/// it.
absl::StatusOr<std::vector<UsageRow>> ModelOf(UsageQuery query, const std::vector<UsageEvent>& events);

}  // namespace bxb::testing
