#pragma once

#include <cstdint>

namespace bxb::internal {

/// 127 bits of a keyed hash of a dedup key's encoded bytes. That two of n keys share one has odds of about
/// n²/2^128: below 10^-20 for 10^9 keys.
struct KeyHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;  ///< the top bit is never set: the cache keeps a key's state there

  bool operator==(const KeyHash&) const = default;
};

}  // namespace bxb::internal
