#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <vector>

#include "dedup/settings.h"
#include "support/contender.h"
#include "support/events.h"
#include "support/report.h"
#include "support/server.h"

namespace bxb::bench::dedup {

/// The writer's default, and so everybody's.
inline constexpr std::size_t kBatchRows = 20'000;
inline constexpr int kConnections = 2;

/// What every run needs; it outlives them all.
struct Ground {
  const Settings& settings;
  Server& server;
  const Events& events;
  const EncodedEvents& encoded;  ///< the first `rows` events, each batch sorted
};

/// A share of the rows, spelled as in the contenders' names.
struct Share {
  const char* percent;
  double of_rows;

  std::size_t Of(std::size_t rows) const;
};

inline constexpr std::array kDuplicateShares = {Share{"0", 0}, Share{"0.1", 0.001}, Share{"1", 0.01}, Share{"10", 0.1},
                                                Share{"100", 1}};
inline constexpr std::array kPoisonShares = {Share{"0", 0}, Share{"0.1", 0.001}, Share{"1", 0.01}, Share{"10", 0.1}};

/// So many different numbers below `end`, in rising order: the same ones every time.
std::vector<std::size_t> RandomNumbers(std::size_t count, std::size_t end);

std::vector<Contender> ReplayContenders(const Ground& ground);
std::vector<Contender> CacheContenders(const Settings& settings);
std::vector<Contender> DuplicateContenders(const Ground& ground);

/// Creates the tables that refuse rows.
std::vector<Contender> PoisonContenders(const Ground& ground);

/// See Targets.
void PrintDedupTargets(const Results& results, std::ostream& out);

}  // namespace bxb::bench::dedup
