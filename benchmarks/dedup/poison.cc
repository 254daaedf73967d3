// Rows of which some are refused by the server: how much do the good ones pay for them?
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string>
#include <string_view>

#include "dedup/ground.h"
#include "support/writing.h"

namespace bxb::bench::dedup {
namespace {

constexpr std::string_view kBadCode = "poison";

/// Rows and the table that refuses some of them.
struct Poison {
  std::string table;
  std::size_t rows;
  std::size_t bad;
  std::size_t batch_rows = kBatchRows;
  absl::Duration linger = absl::ZeroDuration();
};

void CreateTables(const Ground& ground) {
  Server& server = ground.server;
  std::set<std::string_view> codes;
  for (const Event& event : ground.events.All()) codes.insert(event.code);
  server.session().Run(
      fmt::format("CREATE TABLE {1} (LIKE {0} INCLUDING ALL, CHECK (code<>'{4}'));"
                  "CREATE TABLE {3} (code text PRIMARY KEY); INSERT INTO {3} VALUES ('{5}');"
                  "CREATE TABLE {2} (LIKE {0} INCLUDING ALL, FOREIGN KEY (code) REFERENCES {3})",
                  server.NameOf(Table::kDedup), server.InSchema("checked"), server.InSchema("referring"),
                  server.InSchema("codes"), kBadCode, fmt::join(codes, "'),('")));
}

std::vector<Event> SomeBad(const Ground& ground, const Poison& poison) {
  const auto good = ground.events.First(poison.rows);
  std::vector<Event> events(good.begin(), good.end());
  for (const std::size_t row : RandomNumbers(poison.bad, poison.rows)) events[row].code = kBadCode;
  return events;
}

void RequireOnlyBadRejected(const FlushReport& report, const Poison& poison) {
  if (report.rejected == poison.bad && report.inserted == poison.rows - poison.bad) return;
  Die(fmt::format("poison: {} rows rejected instead of {}, {} inserted; the latest: {}", report.rejected, poison.bad,
                  report.inserted, report.last_error.ToString()));
}

void WritePoison(benchmark::State& state, const Ground& ground, const Poison& poison) {
  const std::vector<Event> events = SomeBad(ground, poison);
  ground.server.session().Run("TRUNCATE " + poison.table);
  ground.server.Checkpoint();
  WriterOptions options{.dsn = ground.server.dsn(), .table = poison.table};
  options.lanes = kConnections;
  options.batch_rows = poison.batch_rows;
  options.linger = poison.linger;
  const auto writer = OpenWriter(options);
  FlushReport report;
  const double seconds = MeasureWork(state, ground.server, poison.rows, [&] {
    WriteAll(*writer, events);
    report = writer->Flush(kLong);
  });
  RequireOnlyBadRejected(report, poison);
  ground.server.RequireRows(poison.table, poison.rows - poison.bad);
  state.counters["isolations"] = static_cast<double>(writer->stats().isolations);
  state.counters["seconds"] = seconds;
}

}  // namespace

std::vector<Contender> PoisonContenders(const Ground& ground) {
  CreateTables(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, const Poison& poison) {
    contenders.push_back(
        {"poison/" + name, [&ground, poison](benchmark::State& state) { WritePoison(state, ground, poison); }});
  };
  const std::string checked = ground.server.InSchema("checked");
  const Settings& settings = ground.settings;
  for (const Share share : kPoisonShares) {
    add(fmt::format("check/{}", share.percent),
        {.table = checked, .rows = settings.poison_rows, .bad = share.Of(settings.poison_rows)});
  }
  const std::size_t referring = settings.foreign_key_rows;
  add("foreign_key/1", {.table = ground.server.InSchema("referring"), .rows = referring, .bad = referring / 100});
  // It lingers, so that they are one batch.
  const std::size_t all = settings.all_bad_rows;
  add("all_bad", {.table = checked, .rows = all, .bad = all, .batch_rows = all, .linger = absl::Seconds(1)});
  return contenders;
}

}  // namespace bxb::bench::dedup
