#include "writer/contender.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "writer/cpu_time.h"

namespace bxb::bench {

void RegisterRounds(const std::vector<Contender>& contenders, int rounds) {
  for (int round = 1; round <= rounds; ++round) {
    std::vector<Contender> order = contenders;
    if (round % 2 == 0) std::ranges::reverse(order);
    for (const Contender& contender : order) {
      if (contender.once && round > 1) continue;
      benchmark::RegisterBenchmark(fmt::format("{}/round:{}", contender.name, round).c_str(), contender.run)
          ->Iterations(1)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
}

void MeasureRows(benchmark::State& state, Server& server, Table table, std::size_t rows,
                 const std::function<void()>& work) {
  server.Clear();
  const CpuTime cpu(server);
  for (auto _ : state) state.SetIterationTime(SecondsOf(work));
  cpu.Report(state, rows);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  const std::int64_t stored = server.Count(table);
  if (stored != static_cast<std::int64_t>(rows)) Die(fmt::format("{} rows stored instead of {}", stored, rows));
}

double SecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace bxb::bench
