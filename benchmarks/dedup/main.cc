// bench_dedup: what duplicates and bad rows cost bxb's writer, beside what somebody would write by hand.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>

#include "dedup/ground.h"
#include "support/environment.h"

namespace bxb::bench::dedup {
namespace {

constexpr std::array kColumns = {Column{"rows/s", "rows_per_s", 10, 0},
                                 Column{"min .. max", "rows_per_s", 22, 0, true},
                                 Column{"client", "client_us", 9, 2},
                                 Column{", server", "server_us", 9, 2},
                                 Column{"merges", "merges", 8, 0},
                                 Column{"conflicts", "conflicts", 11, 0},
                                 Column{"conflict rate", "conflict_rate", 15, 2},
                                 Column{"isolations", "isolations", 12, 0}};

void Run(const Settings& settings) {
  Server server(settings.dsn);
  const Events events(std::max({settings.replay_rows, settings.rows, settings.poison_rows}));
  const EncodedEvents encoded(events.First(settings.rows), kBatchRows);
  Tell(DescribeEnvironment(server, encoded.row_bytes()));
  const Ground ground{settings, server, events, encoded};
  RunRounds(
      {ReplayContenders(ground), CacheContenders(settings), DuplicateContenders(ground), PoisonContenders(ground)},
      settings.rounds, kColumns, PrintDedupTargets);
}

}  // namespace
}  // namespace bxb::bench::dedup

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, bxb::bench::dedup::PrintUsage);
  bxb::bench::dedup::Run(bxb::bench::dedup::ParseSettings(argc, argv));
  benchmark::Shutdown();
}
