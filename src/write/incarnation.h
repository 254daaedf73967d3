#pragma once

#include <cstdint>

namespace bxb::write {

/// One life of a primary, from its start (or a standby's promotion) to its end. What one has confirmed need not be
/// there in the next: an asynchronous failover loses commits, and so does a crash under synchronous_commit = off.
struct Incarnation {
  std::uint32_t timeline = 0;
  double started = 0;  ///< seconds since 1970, to the microsecond

  bool operator==(const Incarnation&) const = default;
};

}  // namespace bxb::write
