// Many readers at once: one server for all of them, and three.
#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "reader/ground.h"
#include "reader/samples.h"
#include "support/must.h"

namespace bxb::bench::reader {
namespace {

struct Plan {
  const char* name;
  ReadPolicy policy;
  std::size_t replicas;
};

constexpr Plan kPlans[] = {{"primary_only", ReadPolicy::kPrimaryOnly, 0},
                           {"prefer_replica", ReadPolicy::kPreferReplica, Trio::kReplicas},
                           {"least_latency", ReadPolicy::kLeastLatency, Trio::kReplicas}};

UsageQuery AnyCustomer(const UsageEvents& events, std::minstd_rand& random) {
  const std::size_t organization = random() % UsageEvents::kOrganizations;
  const auto [from, to] = UsageEvents::Month();
  return {.organization_id = events.organization(organization),
          .customers = {events.customer(organization, random() % UsageEvents::kCustomers)},
          .codes = {UsageEvents::code(random() % UsageEvents::kCodes)},
          .from = from,
          .to = to,
          .aggregate = Sum("value")};
}

// Microseconds of the reads of one thread, until the time is over.
Samples ReadUntil(Reader& reader, const UsageEvents& events, int seed, absl::Time end) {
  std::minstd_rand random(static_cast<unsigned>(seed));
  Samples samples;
  while (absl::Now() < end) {
    const UsageQuery query = AnyCustomer(events, random);
    samples.Add(SecondsOf([&] { Must(reader.Usage(query)); }) * 1e6);
  }
  return samples;
}

Samples ReadOnThreads(Reader& reader, const Ground& ground, int threads) {
  const absl::Time end = absl::Now() + absl::Seconds(ground.settings.spread_seconds);
  std::mutex mutex;
  Samples all;
  std::vector<std::jthread> readers;
  for (int i = 0; i < threads; ++i) {
    readers.emplace_back([&, i] {
      const Samples own = ReadUntil(reader, ground.events, i + 1, end);
      const std::lock_guard lock(mutex);
      all.Add(own);
    });
  }
  readers.clear();
  return all;
}

void ReportShares(benchmark::State& state, const ReaderStats& stats) {
  double reads = 0;
  for (const auto& server : stats.servers) reads += static_cast<double>(server.reads);
  for (std::size_t i = 0; i < stats.servers.size(); ++i) {
    state.counters[fmt::format("server{}_percent", i)] = 100 * static_cast<double>(stats.servers[i].reads) / reads;
  }
}

void Spread(benchmark::State& state, const Ground& ground, const Plan& plan, int threads) {
  const auto reader = ground.servers.OpenReader(plan.policy, plan.replicas, threads);
  Samples samples;
  for (auto _ : state) state.SetIterationTime(SecondsOf([&] { samples = ReadOnThreads(*reader, ground, threads); }));
  state.SetItemsProcessed(static_cast<std::int64_t>(samples.size()));
  state.counters["p50_us"] = samples.At(0.5);
  state.counters["p99_us"] = samples.At(0.99);
  ReportShares(state, reader->stats());
}

}  // namespace

std::vector<Contender> SpreadContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  for (const int threads : {1, 8}) {
    for (const Plan& plan : kPlans) {
      contenders.push_back({fmt::format("spread/{}/{}", plan.name, threads),
                            [&, threads](benchmark::State& state) { Spread(state, ground, plan, threads); }});
    }
  }
  return contenders;
}

}  // namespace bxb::bench::reader
