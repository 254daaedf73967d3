// bench_writer: bxb's writer and what it is measured against, interleaved in one process against one server.
#include <benchmark/benchmark.h>

#include <array>

#include "support/environment.h"
#include "writer/ground.h"
#include "writer/settings.h"

namespace bxb::bench::writer {
namespace {

// The stall needs more events than the writer's memory holds.
constexpr std::size_t kEvents = 600'000;
constexpr std::size_t kBatchRows = 10'000;

// Processor time as "client, server": two columns under one title.
constexpr std::array kColumns = {Column{"rows/s", "rows_per_s", 10, 0},
                                 Column{"min .. max", "rows_per_s", 20, 0, true},
                                 Column{"client", "client_us", 8, 2},
                                 Column{", server", "server_us", 8, 2},
                                 Column{"p50 ms", "p50_ms", 9, 2},
                                 Column{"p99 ms", "p99_ms", 9, 2},
                                 Column{"min .. max", "p99_ms", 16, 1, true},
                                 Column{"p99.9 ms", "p999_ms", 10, 2}};

void Run(const Settings& settings) {
  Server server(settings.dsn);
  const Events events(kEvents);
  const EncodedEvents encoded(events.First(settings.dedup_rows));
  const EncodedEvents sorted(events.First(settings.dedup_rows), kBatchRows);
  Tell(DescribeEnvironment(server, encoded.row_bytes()));
  const Ground ground{settings, server, events, encoded, sorted};
  RunRounds(
      {StallContenders(ground), ThroughputContenders(ground), DurableContenders(ground), ClientPathContenders(ground)},
      settings.rounds, kColumns, PrintWriterTargets);
}

}  // namespace
}  // namespace bxb::bench::writer

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, bxb::bench::writer::PrintUsage);
  bxb::bench::writer::Run(bxb::bench::writer::ParseSettings(argc, argv));
  benchmark::Shutdown();
}
