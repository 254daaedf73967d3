// Events that each wait for their own commit: closed loop and open loop, the writer beside bare group commit.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "support/cpu_time.h"
#include "writer/ground.h"
#include "writer/group_commit.h"
#include "writer/load.h"
#include "writer/writer_target.h"

namespace bxb::bench::writer {
namespace {

constexpr int kLanes = 2;

using MakeTarget = std::unique_ptr<Target> (*)(const Ground& ground);

std::unique_ptr<Target> MakeWriter(const Ground& ground) {
  WriterOptions options{.dsn = ground.server.dsn(), .table = ground.server.NameOf(Table::kDedup)};
  options.lanes = kLanes;
  return std::make_unique<WriterTarget>(OpenWriter(options));
}

std::unique_ptr<Target> MakeGroupCommit(const Ground& ground) {
  return std::make_unique<GroupCommit>(ground.server.dsn(), ground.server.NameOf(Table::kDedup), kLanes);
}

// A few commits first, so that no lane is still connecting or planning.
void WarmUp(Target& target, const Ground& ground) { Load(target, ground.events.First(200)).RunClosedLoop(2); }

template <typename Run>
void MeasureLatency(benchmark::State& state, const Ground& ground, MakeTarget make, std::size_t rows, Run run) {
  const std::unique_ptr<Target> target = make(ground);
  ground.server.Clear();
  WarmUp(*target, ground);
  ground.server.Clear();
  Load load(*target, ground.events.Slice(200, std::min(rows, ground.events.All().size() - 200)));
  const CpuTime cpu(ground.server);
  for (auto _ : state) {
    run(load);
    state.SetIterationTime(load.seconds());
  }
  cpu.Report(state, rows);
  const std::int64_t stored = ground.server.Count(ground.server.NameOf(Table::kDedup));
  state.SetItemsProcessed(stored);
  const Load::Percentiles latency = load.Latencies();
  state.counters["p50_ms"] = latency.p50;
  state.counters["p99_ms"] = latency.p99;
  state.counters["p999_ms"] = latency.p999;
}

// About as many rows as the loop gets through in the time that the settings give it.
std::size_t ClosedLoopRows(const Settings& settings, int outstanding) {
  const double rate = outstanding < 100 ? 40'000 : outstanding < 2'000 ? 120'000 : 200'000;
  return static_cast<std::size_t>(rate * settings.durable_seconds);
}

Contender ClosedLoop(const Ground& ground, const char* name, MakeTarget make, int outstanding) {
  return {fmt::format("durable/{}/{}", name, outstanding), [&ground, make, outstanding](benchmark::State& state) {
            const std::size_t rows = ClosedLoopRows(ground.settings, outstanding);
            MeasureLatency(state, ground, make, rows, [&](Load& load) { load.RunClosedLoop(outstanding); });
          }};
}

Contender OpenLoop(const Ground& ground, const char* name, MakeTarget make, int rate) {
  return {fmt::format("open_loop/{}/{}", name, rate), [&ground, make, rate](benchmark::State& state) {
            const auto rows = static_cast<std::size_t>(rate * ground.settings.open_loop_seconds);
            MeasureLatency(state, ground, make, rows, [&](Load& load) { load.RunOpenLoop(rate); });
          }};
}

}  // namespace

std::vector<Contender> DurableContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  for (const int outstanding : {64, 1'024, 4'096}) {
    contenders.push_back(ClosedLoop(ground, "writer", MakeWriter, outstanding));
    contenders.push_back(ClosedLoop(ground, "group_commit", MakeGroupCommit, outstanding));
  }
  for (const int rate : {20'000, 50'000, 100'000}) {
    contenders.push_back(OpenLoop(ground, "writer", MakeWriter, rate));
    contenders.push_back(OpenLoop(ground, "group_commit", MakeGroupCommit, rate));
  }
  return contenders;
}

}  // namespace bxb::bench::writer
