#include "support/contender.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>

#include "support/cpu_time.h"

namespace bxb::bench {
namespace {

void Register(const Contender& contender, int round) {
  benchmark::RegisterBenchmark(fmt::format("{}/round:{}", contender.name, round).c_str(), contender.run)
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

void RunOnce(const Contender& contender, int round, benchmark::BenchmarkReporter& reporter) {
  Register(contender, round);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::ClearRegisteredBenchmarks();
}

Results RunRounds(const std::vector<std::vector<Contender>>& parts, int rounds, std::span<const Column> columns,
                  PrintTargets print_targets) {
  std::vector<Contender> contenders;
  for (const std::vector<Contender>& part : parts) std::ranges::copy(part, std::back_inserter(contenders));
  for (int round = 1; round <= rounds; ++round) {
    std::vector<Contender> order = contenders;
    if (round % 2 == 0) std::ranges::reverse(order);
    for (const Contender& contender : order) {
      if (!contender.once || round == 1) Register(contender, round);
    }
  }
  Results results;
  Progress progress(results);
  benchmark::RunSpecifiedBenchmarks(&progress);
  benchmark::ClearRegisteredBenchmarks();  // and what they hold, while the server is still there
  if (!columns.empty()) results.Print(std::cout, columns);
  print_targets(results, std::cout);
  return results;
}

double MeasureWork(benchmark::State& state, Server& server, std::size_t rows, const std::function<void()>& work) {
  const CpuTime cpu(server);
  double seconds = 0;
  for (auto _ : state) state.SetIterationTime(seconds = SecondsOf(work));
  cpu.Report(state, rows);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  return seconds;
}

void MeasureRows(benchmark::State& state, Server& server, Table table, std::size_t rows,
                 const std::function<void()>& work) {
  server.Clear();
  MeasureWork(state, server, rows, work);
  server.RequireRows(server.NameOf(table), rows);
}

void MeasureInto(benchmark::State& state, Server& server, const std::string& table, std::size_t rows,
                 const std::function<void()>& work) {
  server.session().Run("TRUNCATE " + table);
  server.Checkpoint();
  MeasureWork(state, server, rows, work);
  server.RequireRows(table, rows);
}

void MeasureCore(benchmark::State& state, std::size_t rows, const std::function<void()>& work) {
  for (auto _ : state) {
    const double start = ThreadSeconds();
    work();
    state.SetIterationTime(ThreadSeconds() - start);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

double SecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace bxb::bench
