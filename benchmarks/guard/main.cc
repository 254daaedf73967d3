// bench_guard: fails where bxb has fallen far behind what it is compared with, twice in a row. Ratios of one run, no
// times: it may run on any machine, and beside others.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "dedup/ground.h"
#include "guard/ratios.h"
#include "support/environment.h"
#include "support/flags.h"
#include "writer/ground.h"

namespace bxb::bench::guard {
namespace {

constexpr std::string_view kUsage =
    R"(bench_guard: fails where bxb has fallen far behind what it is compared with, in two runs in a row.

  --rounds=N    how often everything runs (3)
  --dsn=STRING  use this server instead of a private one: a schema of its own, dropped afterwards
)";

constexpr std::size_t kRows = 100'000;
constexpr std::size_t kEvents = 400'000;
constexpr std::size_t kBatchRows = 10'000;

// Both programs' contenders, on one server.
struct Guarded {
  explicit Guarded(const CommonSettings& common) : server(common.dsn) {
    writing.dedup_rows = kRows;
    writing.seed_rows = kRows;
    writing.insert_rows = 1'500;
    writing.client_rows = kRows;
    writing.durable_seconds = 0.8;
    writing.open_loop_seconds = 1.5;
    repeating.rows = kRows;
  }

  std::vector<std::vector<Contender>> Contenders() const {
    std::vector<Contender> all;
    for (auto&& some : {writer::ThroughputContenders(write), writer::DurableContenders(write),
                        writer::ClientPathContenders(write), dedup::DuplicateContenders(repeat)}) {
      std::ranges::copy(some, std::back_inserter(all));
    }
    std::erase_if(all, [](const Contender& contender) { return !IsWanted(contender.name); });
    return {all};
  }

  static bool IsWanted(const std::string& name) {
    return std::ranges::any_of(
        GuardedRatios(), [&](const GuardedRatio& ratio) { return ratio.contender == name || ratio.other == name; });
  }

  Server server;
  writer::Settings writing;
  dedup::Settings repeating;
  Events events{kEvents};
  EncodedEvents encoded{events.First(kRows)};
  EncodedEvents sorted{events.First(kRows), kBatchRows};
  writer::Ground write{writing, server, events, encoded, sorted};
  dedup::Ground repeat{repeating, server, events, sorted};
};

std::vector<std::string> Measure(const Guarded& guarded, int rounds) {
  const Results results = RunRounds(guarded.Contenders(), rounds, {},
                                    [](const Results& measured, std::ostream& out) { Print(measured, out); });
  return FarOff(results);
}

int Run(const CommonSettings& settings) {
  Guarded guarded(settings);
  Tell(DescribeEnvironment(guarded.server, guarded.encoded.row_bytes()));
  std::vector<std::string> wrong = Measure(guarded, settings.rounds);
  if (!wrong.empty()) {
    std::cout << "\nOnce more: it may have been the machine.\n" << std::flush;
    wrong = Both(wrong, Measure(guarded, settings.rounds));
  }
  for (const std::string& what : wrong) std::cout << "far off twice in a row: " << what << "\n";
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace bxb::bench::guard

int main(int argc, char** argv) {
  using namespace bxb::bench;
  benchmark::Initialize(&argc, argv, [] { std::cout << guard::kUsage; });
  CommonSettings settings{.dsn = {}, .rounds = 3};
  Flags flags(argc, argv, guard::kUsage);
  flags.Take(settings);
  flags.RefuseOthers();
  const int status = guard::Run(settings);
  benchmark::Shutdown();
  return status;
}
