#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "support/contender.h"
#include "support/events.h"
#include "support/report.h"
#include "support/server.h"
#include "writer/settings.h"

namespace bxb::bench::writer {

/// What every run needs; it outlives them all.
struct Ground {
  const Settings& settings;
  Server& server;
  const Events& events;
  const EncodedEvents& encoded;         ///< the first `dedup_rows` events
  const EncodedEvents& encoded_sorted;  ///< the same, each batch sorted
};

std::vector<Contender> ThroughputContenders(const Ground& ground);
std::vector<Contender> DurableContenders(const Ground& ground);
std::vector<Contender> ClientPathContenders(const Ground& ground);
std::vector<Contender> StallContenders(const Ground& ground);

/// The contender of single-row INSERTs with the most rows/s: insert/1, /8 or /32.
std::string FastestInsert(const Results& results);

/// See Targets.
void PrintWriterTargets(const Results& results, std::ostream& out);

}  // namespace bxb::bench::writer
