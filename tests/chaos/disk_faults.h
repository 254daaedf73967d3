#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "chaos/findings.h"
#include "chaos/tally.h"

namespace bxb::chaos {

/// Fills the disk under an events table `rounds` times while two producers write to it through a proxy, and cuts
/// sockets meanwhile; then compares the table with what the producers were told.
absl::Status FillDisks(int rounds, std::uint64_t seed, Tally& tally, Findings& findings);

}  // namespace bxb::chaos
