#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include "reader/settings.h"
#include "reader/trio.h"
#include "reader/usage_events.h"
#include "support/contender.h"
#include "support/report.h"

namespace bxb::bench::reader {

/// What the runs on the three servers need; it outlives them all.
struct Ground {
  const Settings& settings;
  Trio& servers;
  const UsageEvents& events;
};

std::vector<Contender> OverheadContenders(const Ground& ground);
std::vector<Contender> SpreadContenders(const Ground& ground);
std::vector<Contender> LagContenders(const Ground& ground);
std::vector<Contender> LoadContenders(const Ground& ground);
std::vector<Contender> ScanContenders(const Ground& ground);

/// Fills a table of each layout, on `server`, which outlives the contenders.
std::vector<Contender> MonthContenders(const Settings& settings, Server& server);

/// A table for each part that has run; see also Targets.
void PrintReaderTargets(const Results& results, std::ostream& out);

}  // namespace bxb::bench::reader
