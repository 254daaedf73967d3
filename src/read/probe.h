#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bxb/lsn.h"
#include "pq/connection.h"

namespace bxb::read {

/// What a server says of itself in one check.
struct Observation {
  bool standby = false;
  Lsn position = {};           ///< a standby: replayed up to here; a primary: flushed up to here
  std::uint32_t timeline = 0;  ///< a standby's may be told late, never early
  std::string started = {};    ///< when, as the server spells it: tells one life of a server from the next
};

/// Asks it.
absl::StatusOr<Observation> Probe(pq::Connection& connection, pq::Deadline deadline);

/// What all servers of a cluster have in common, and those of no other.
absl::StatusOr<std::string> SystemIdentifier(pq::Connection& connection, pq::Deadline deadline);

}  // namespace bxb::read
