// What COPY takes in without and with a minimal index, and what formats and connections make of it.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "report/experiments.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;

struct Copying {
  explicit Copying(const Ground& ground)
      : server(ground.server, ground.schema),
        rows(ground.Rows(300'000)),
        events(rows),
        encoded(events.All()),
        bare(server.InSchema("bare")) {
    server.session().Run(
        fmt::format("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)", bare, server.NameOf(Table::kDedup)));
  }

  Server server;
  std::size_t rows;
  Events events;
  EncodedEvents encoded;
  std::string bare;  ///< a table without an index
};

void Copy(benchmark::State& state, Copying& copying, const std::string& table, int connections) {
  std::vector<Session> sessions = Connect(copying.server.dsn(), connections);
  MeasureInto(state, copying.server, table, copying.rows,
              [&] { CopyBatches(sessions, CopySql(table), copying.encoded, copying.rows, kBatchRows); });
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto copying = std::make_shared<Copying>(ground);
  std::vector<Contender> contenders;
  for (const int connections : {1, 2}) {
    const auto add = [&](const char* name, const std::string& table) {
      contenders.push_back({fmt::format("{}/{}", name, connections),
                            [=](benchmark::State& state) { Copy(state, *copying, table, connections); }});
    };
    add("no_index", copying->bare);
    add("dedup_index", copying->server.NameOf(Table::kDedup));
  }
  return contenders;
}

void Tell(const Results& results, Section& section) {
  section.Claim(2, "COPY, one connection, no index", {100'000, 100'000}, Unit::kPerSecond,
                Figure(results, "no_index/1", "rows_per_s"));
  section.Claim(2, "COPY, one connection, unique index on the dedup key", {100'000, 100'000}, Unit::kPerSecond,
                Figure(results, "dedup_index/1", "rows_per_s"));
  section.Text(
      "COPY in binary, encoded beforehand, a commit for each 10,000 rows. What the field calls 100,000 rows/s is an "
      "order of magnitude: format, row width, indexes and cores decide.");
  section.Add(TableOf(results, "", "table / connections",
                      {{"rows/s", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"server's CPU per row", "server_us", Unit::kSeconds, 1e-6}}));
}

}  // namespace

const Experiment kCopy = {.name = "copy", .title = "COPY", .weight = 20, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
