#pragma once

#include <cstdint>
#include <string>

namespace bxb::write {

/// One life of a primary, from its start (or a standby's promotion) to its end. What one has confirmed need not be
/// there in the next: an asynchronous failover loses commits, and so does a crash under synchronous_commit = off.
struct Incarnation {
  std::uint32_t timeline = 0;
  std::string started = {};  ///< a time, as the server spells it

  bool operator==(const Incarnation&) const = default;
};

}  // namespace bxb::write
