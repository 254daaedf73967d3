// bench_writer: bxb's writer and what it is measured against, interleaved in one process against one server.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <iostream>
#include <iterator>

#include "writer/contender.h"
#include "writer/environment.h"
#include "writer/report.h"
#include "writer/settings.h"
#include "writer/targets.h"

namespace bxb::bench {
namespace {

// The stall needs more events than the writer's memory holds.
constexpr std::size_t kEvents = 600'000;
constexpr std::size_t kBatchRows = 10'000;

void Tell(const Facts& facts) {
  for (const auto& [name, value] : facts) {
    std::cout << fmt::format("{:<22}{}\n", name, value);
    benchmark::AddCustomContext(name, value);
  }
  std::cout << "\n" << std::flush;
}

std::vector<Contender> AllContenders(const Ground& ground) {
  std::vector<Contender> all = StallContenders(ground);
  for (auto part : {ThroughputContenders(ground), DurableContenders(ground), ClientPathContenders(ground)}) {
    std::ranges::move(part, std::back_inserter(all));
  }
  return all;
}

void Run(const Settings& settings) {
  Server server(settings);
  const Events events(kEvents);
  const EncodedEvents encoded(events.First(settings.dedup_rows));
  const EncodedEvents sorted(events.First(settings.dedup_rows), kBatchRows);
  Tell(DescribeEnvironment(server, static_cast<double>(encoded.bytes()) / static_cast<double>(encoded.size())));
  const Ground ground{settings, server, events, encoded, sorted};
  RegisterRounds(AllContenders(ground), settings.rounds);
  Results results;
  Progress progress(results);
  benchmark::RunSpecifiedBenchmarks(&progress);
  results.Print(std::cout);
  PrintTargets(results, std::cout);
}

}  // namespace
}  // namespace bxb::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, bxb::bench::PrintUsage);
  bxb::bench::Run(bxb::bench::ParseSettings(argc, argv));
  benchmark::Shutdown();
}
