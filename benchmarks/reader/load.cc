// The writer, with nobody beside it, and with analytical queries on a replica and on its own server.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "reader/ground.h"
#include "reader/samples.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::reader {
namespace {

// All of an organization's usage, by customer: a good part of a second's work for a large table.
UsageQuery Analysis(const UsageEvents& events, std::uint64_t number) {
  const auto [from, to] = UsageEvents::Month();
  return {.organization_id = events.organization(number % UsageEvents::kOrganizations),
          .from = from,
          .to = to,
          .aggregate = Sum("decimal_value"),
          .group_by = {GroupBy::Customer(), GroupBy::Code()}};
}

// One query after the other, until it goes.
class Analyst {
 public:
  Analyst(const Ground& ground, ReadPolicy policy)
      : reader_(ground.servers.OpenReader(policy)), thread_([this, &ground](const std::stop_token& stop) {
          for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
            const UsageQuery query = Analysis(ground.events, i);
            times_.Add(SecondsOf([&] { Must(reader_->Usage(query)); }) * 1e3);
          }
        }) {}

  /// Ends it; returns the milliseconds that each query took.
  Samples Stop() {
    thread_.request_stop();
    thread_.join();
    return times_;
  }

 private:
  std::unique_ptr<Reader> reader_;
  Samples times_;
  std::jthread thread_;
};

void WriteRows(EventWriter& writer, const Ground& ground) {
  std::string id;
  for (int row = 0; row < ground.settings.load_rows; ++row) {
    const Event event = ground.events.Make(static_cast<std::uint64_t>(row), id);
    WriteAll(writer, {&event, 1});
  }
  FlushAll(writer);
}

void Write(benchmark::State& state, const Ground& ground, std::optional<ReadPolicy> analysis) {
  const auto writer = ground.servers.OpenEmptied();
  std::optional<Analyst> analyst;
  if (analysis) analyst.emplace(ground, *analysis);
  for (auto _ : state) state.SetIterationTime(SecondsOf([&] { WriteRows(*writer, ground); }));
  state.SetItemsProcessed(ground.settings.load_rows);
  if (analyst) {
    Samples times = analyst->Stop();
    state.counters["queries"] = static_cast<double>(times.size());
    state.counters["query_ms"] = times.At(0.5);
  }
  ground.servers.primary().RequireRows(ground.servers.written(), static_cast<std::size_t>(ground.settings.load_rows));
}

}  // namespace

std::vector<Contender> LoadContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, std::optional<ReadPolicy> analysis) {
    contenders.push_back({name, [&ground, analysis](benchmark::State& state) { Write(state, ground, analysis); }});
  };
  add("load/alone", {});
  add("load/replica_queries", ReadPolicy::kPreferReplica);
  add("load/primary_queries", ReadPolicy::kPrimaryOnly);
  return contenders;
}

}  // namespace bxb::bench::reader
