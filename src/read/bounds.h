#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "bxb/read_token.h"

namespace bxb::read {

/// What a read asks of the server that serves it.
struct Bounds {
  ReadToken at_least = {};
  std::optional<absl::Duration> max_staleness = {};
  std::optional<std::uint64_t> max_lag_bytes = {};
};

}  // namespace bxb::read
