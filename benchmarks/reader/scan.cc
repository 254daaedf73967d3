// A whole table: as rows through the reader, and as the bytes of a COPY that nobody looks at.
#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "reader/ground.h"
#include "support/must.h"
#include "support/session.h"

namespace bxb::bench::reader {
namespace {

void Measure(benchmark::State& state, const Ground& ground, const std::function<std::size_t()>& work) {
  std::size_t rows = 0;
  for (auto _ : state) state.SetIterationTime(SecondsOf([&] { rows = work(); }));
  if (rows != static_cast<std::size_t>(ground.settings.events)) Die(fmt::format("{} rows instead of all", rows));
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

void Scan(benchmark::State& state, const Ground& ground, bool replica) {
  const auto reader = ground.servers.OpenReader(replica ? ReadPolicy::kPreferReplica : ReadPolicy::kPrimaryOnly, 1);
  Measure(state, ground, [&] {
    std::size_t bytes = 0;
    const auto look = [&](const Event& event) {
      bytes += event.transaction_id.size() + event.properties.size();
      return absl::OkStatus();
    };
    const ReadReport report = Must(reader->Scan<Event>({.table = ground.servers.events()}, look));
    if ((report.role == EndpointState::Role::kStandby) != replica) Die("scanned " + report.endpoint);
    benchmark::DoNotOptimize(bytes);
    return report.rows;
  });
}

void Copy(benchmark::State& state, const Ground& ground, bool replica) {
  Session session(replica ? ground.servers.replica_dsn(0) : ground.servers.primary().dsn());
  const std::string sql =
      fmt::format("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT binary)", kColumns, ground.servers.events());
  Measure(state, ground, [&] { return session.Receive(sql); });
}

}  // namespace

std::vector<Contender> ScanContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  for (const bool replica : {false, true}) {
    const char* server = replica ? "replica" : "primary";
    contenders.push_back({fmt::format("scan/reader/{}", server),
                          [&ground, replica](benchmark::State& state) { Scan(state, ground, replica); }});
    contenders.push_back({fmt::format("scan/copy/{}", server),
                          [&ground, replica](benchmark::State& state) { Copy(state, ground, replica); }});
  }
  return contenders;
}

}  // namespace bxb::bench::reader
