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
  Lsn position = {};           ///< a standby: replayed up to here; a primary: the end of its log
  std::uint32_t timeline = 0;  ///< a standby's may be told late, never early
  std::string started = {};    ///< when, as the server spells it: tells one life of a server from the next
  std::string system = {};     ///< the cluster's identifier, the same on all of its servers
};

/// Asks it.
absl::StatusOr<Observation> Probe(pq::Connection& connection, pq::Deadline deadline);

/// The end of the last record, given where the next one would begin: at a page's end that is behind the next page's
/// header, where no standby will be before there is a next record.
Lsn EndOfLog(Lsn insert_position, std::uint64_t page_bytes, std::uint64_t segment_bytes);

}  // namespace bxb::read
