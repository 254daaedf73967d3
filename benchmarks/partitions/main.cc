// bench_partitions: what partitions, indexes and the scope of dedup cost, and what they save.
#include <benchmark/benchmark.h>

#include <array>
#include <iostream>

#include "partitions/ground.h"
#include "support/environment.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::size_t kPool = 100'000;

// A key's bytes are those that it takes in the table and in its index.
constexpr std::array kTableColumns = {
    Column{"rows/s", "rows_per_s", 10, 0},     Column{"min .. max", "rows_per_s", 20, 0, true},
    Column{"client", "client_us", 8, 2},       Column{", server", "server_us", 9, 2},
    Column{"first ms", "first_ms", 10, 2},     Column{"later ms", "later_ms", 10, 2},
    Column{"heap B/key", "heap_bytes", 12, 1}, Column{"index B/key", "index_bytes", 12, 1}};

void RunRaces(const Settings& settings, const Events& events) {
  using Make = std::vector<Contender> (*)(const Ground&);
  constexpr std::array<std::pair<const char*, Make>, 5> kParts = {{{"routes", RouteContenders},
                                                                   {"counts", CountContenders},
                                                                   {"sorting", SortingContenders},
                                                                   {"scope", ScopeContenders},
                                                                   {"keys", KeyContenders}}};
  Server server(settings.dsn);
  Tell(DescribeEnvironment(server, EncodedEvents(events.First(1'000)).row_bytes()));
  const Ground ground{settings, server, events};
  std::vector<std::vector<Contender>> wanted;
  for (const auto& [name, make] : kParts) {
    if (settings.Wants(name)) wanted.push_back(make(ground));
  }
  RunRounds(wanted, settings.rounds, kTableColumns, PrintPartitionTargets);
}

void Run(const Settings& settings) {
  const Events events(kPool);
  if (settings.parts != "decay") RunRaces(settings, events);
  if (settings.Wants("decay") && settings.dsn.empty()) RunDecay(settings.decay, events);
}

}  // namespace

}  // namespace bxb::bench::partitions

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, bxb::bench::partitions::PrintUsage);
  bxb::bench::partitions::Run(bxb::bench::partitions::ParseSettings(argc, argv));
  benchmark::Shutdown();
}
