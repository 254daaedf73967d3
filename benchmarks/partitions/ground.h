#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "partitions/settings.h"
#include "support/contender.h"
#include "support/events.h"
#include "support/report.h"
#include "support/server.h"

namespace bxb::bench::partitions {

/// The writer's default, and so everybody's.
inline constexpr std::size_t kBatchRows = 20'000;
inline constexpr int kConnections = 2;

/// When the first event of a run happened: the same in every run.
inline const absl::Time kStart = absl::FromUnixSeconds(1'735'689'600);  // 2025-01-01
inline constexpr absl::Duration kDay = absl::Hours(24);

/// What every run needs; it outlives them all.
struct Ground {
  const Settings& settings;
  Server& server;
  const Events& events;  ///< to make others of
};

std::vector<Contender> RouteContenders(const Ground& ground);
std::vector<Contender> CountContenders(const Ground& ground);
std::vector<Contender> SortingContenders(const Ground& ground);
std::vector<Contender> ScopeContenders(const Ground& ground);
std::vector<Contender> KeyContenders(const Ground& ground);

/// See Targets.
void PrintPartitionTargets(const Results& results, std::ostream& out);

/// Fills tables one after the other, far beyond the memory of their server; see the usage.
void RunDecay(const DecaySettings& settings, const Events& events);

}  // namespace bxb::bench::partitions
