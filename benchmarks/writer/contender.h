#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "writer/events.h"
#include "writer/server.h"
#include "writer/settings.h"

namespace bxb::bench {

/// What every run needs; it outlives them all.
struct Ground {
  const Settings& settings;
  Server& server;
  const Events& events;
  const EncodedEvents& encoded;         ///< the first `dedup_rows` events
  const EncodedEvents& encoded_sorted;  ///< the same, each batch sorted
};

/// One way to do the work, run once in each round.
struct Contender {
  std::string name;
  std::function<void(benchmark::State&)> run;
  bool once = false;  ///< in the first round only
};

/// Registers every contender once a round: a change in the machine's mood meets all of them. Every other
/// round goes backwards, so that no contender always follows the same one.
void RegisterRounds(const std::vector<Contender>& contenders, int rounds);

/// Times `work` on cleared tables, and checks that it left `rows` rows in `table`.
void MeasureRows(benchmark::State& state, Server& server, Table table, std::size_t rows,
                 const std::function<void()>& work);

/// Seconds that `work` takes.
double SecondsOf(const std::function<void()>& work);

std::vector<Contender> ThroughputContenders(const Ground& ground);
std::vector<Contender> DurableContenders(const Ground& ground);
std::vector<Contender> ClientPathContenders(const Ground& ground);
std::vector<Contender> StallContenders(const Ground& ground);

}  // namespace bxb::bench
