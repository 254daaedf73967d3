// What VACUUM has to do behind inserts, and behind the same rows written again.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "report/experiments.h"
#include "support/parallel.h"
#include "support/writing.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr const char* kAppend = "COPY, 10 % more rows";
constexpr const char* kDoNothing = "the same rows, ON CONFLICT DO NOTHING";
constexpr const char* kDoUpdate = "the same rows, ON CONFLICT DO UPDATE";
constexpr const char* kBxb = "the same rows, bxb";

struct Vacuuming {
  explicit Vacuuming(const Ground& ground)
      : server(ground.server, ground.schema),
        rows(ground.Rows(100'000)),
        more(rows / 10),
        events(rows + more),
        loaded(events.First(rows)),
        added(events.Slice(rows, more)),
        table(server.InSchema("vacuumed")) {}

  Server server;
  std::size_t rows;
  std::size_t more;
  Events events;
  EncodedEvents loaded;
  EncodedEvents added;
  std::string table;
};

// Work that is connected already, and disconnects as it goes.
using Work = std::function<void()>;

Work Copy(const Vacuuming& vacuuming, const std::string& sql, const EncodedEvents& encoded) {
  const auto sessions = std::make_shared<std::vector<Session>>(Connect(vacuuming.server.dsn(), 1));
  return [=, &encoded] { CopyBatches(*sessions, sql, encoded, encoded.size(), kBatchRows); };
}

std::string UpsertSql(const std::string& table) {
  return fmt::format(
      "BEGIN;CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT {1} FROM {0} WITH NO DATA;COPY stage({1}) FROM STDIN "
      "(FORMAT binary);INSERT INTO {0}({1}) SELECT {1} FROM stage ON CONFLICT (organization_id, transaction_id) DO "
      "UPDATE SET properties = excluded.properties, value = excluded.value, decimal_value = "
      "excluded.decimal_value;COMMIT",
      table, kColumns);
}

Work Bxb(const Vacuuming& vacuuming) {
  WriterOptions options{.dsn = vacuuming.server.dsn(), .table = vacuuming.table};
  options.lanes = 1;
  const std::shared_ptr<EventWriter> writer = OpenWriter(options);
  return [writer, events = vacuuming.events.First(vacuuming.rows)] {
    WriteAll(*writer, events);
    FlushAll(*writer);
  };
}

double Number(Server& server, const std::string& sql) { return std::stod(server.session().Value(sql)); }

// Other connections' counts come in as these end, and before PostgreSQL 15 up to half a second later.
double DeadRows(Server& server, const std::string& table) {
  constexpr absl::Duration kSettled = absl::Milliseconds(700);
  const std::string sql = fmt::format(
      "SELECT concat_ws(',', n_dead_tup, n_tup_ins, n_tup_upd) FROM pg_stat_all_tables WHERE relid = '{}'::regclass",
      table);
  std::string counts = server.session().Value(sql);
  for (std::string last; last != counts; counts = server.session().Value(sql)) {
    last = counts;
    absl::SleepFor(kSettled);
  }
  return std::stod(counts);
}

void Recreate(const Vacuuming& vacuuming, Server& server) {
  server.session().Run(
      fmt::format("DROP TABLE IF EXISTS {0}; CREATE TABLE {0} (LIKE {1} INCLUDING ALL) "
                  "WITH (autovacuum_enabled = off)",
                  vacuuming.table, server.NameOf(Table::kDedup)));
  server.Checkpoint();
}

// A table full of rows, and vacuumed; then what `connect` returns writes, about so many rows, and VACUUM again.
void Measure(benchmark::State& state, Vacuuming& vacuuming, std::size_t rows, Work (*connect)(const Vacuuming&)) {
  Server& server = vacuuming.server;
  const auto vacuum = [&] { server.session().Run("VACUUM " + vacuuming.table); };
  const std::string size = fmt::format("SELECT pg_total_relation_size('{}')", vacuuming.table);
  Recreate(vacuuming, server);
  const double load = SecondsOf(Copy(vacuuming, CopySql(vacuuming.table), vacuuming.loaded));
  const double first = SecondsOf(vacuum);
  const double before = Number(server, size);
  const double seconds = MeasureWork(state, server, rows, connect(vacuuming));
  state.counters["dead_per_row"] = DeadRows(server, vacuuming.table) / static_cast<double>(rows);
  state.counters["growth"] = Number(server, size) / before - 1;
  const double second = SecondsOf(vacuum);
  state.counters["load_per_s"] = static_cast<double>(vacuuming.rows) / load;
  state.counters["load_vacuum_ms"] = first * 1'000;
  state.counters["load_vacuum_share"] = first / load;
  state.counters["vacuum_ms"] = second * 1'000;
  state.counters["vacuum_share"] = second / seconds;
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto vacuuming = std::make_shared<Vacuuming>(ground);
  if (vacuuming->server.session().Value("SHOW track_counts") != "on") {
    return absl::FailedPreconditionError("the server does not count dead rows: track_counts is off");
  }
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, std::size_t rows, Work (*connect)(const Vacuuming&)) {
    contenders.push_back({name, [=](benchmark::State& state) { Measure(state, *vacuuming, rows, connect); }});
  };
  add(kAppend, vacuuming->more, [](const Vacuuming& v) { return Copy(v, CopySql(v.table), v.added); });
  add(kDoNothing, vacuuming->rows, [](const Vacuuming& v) { return Copy(v, MergeSql(v.table), v.loaded); });
  add(kDoUpdate, vacuuming->rows, [](const Vacuuming& v) { return Copy(v, UpsertSql(v.table), v.loaded); });
  add(kBxb, vacuuming->rows, Bxb);
  return contenders;
}

TextTable Rows(const Results& results) {
  TextTable table{.head = {"written", "rows/s", "dead rows a row", "table and index grow", "VACUUM behind it",
                           "of the writing's time"},
                  .rows = {}};
  if (results.contenders().empty()) return table;
  const auto cell = [&](const std::string& contender, const char* metric, Unit unit, double factor = 1) {
    return Cell(Figure(results, contender, metric, factor), unit);
  };
  const std::string& any = results.contenders().front();
  table.rows.push_back({"COPY into the empty table", cell(any, "load_per_s", Unit::kPerSecond), "", "",
                        cell(any, "load_vacuum_ms", Unit::kSeconds, 1e-3),
                        cell(any, "load_vacuum_share", Unit::kPercent)});
  for (const std::string& contender : results.contenders()) {
    table.rows.push_back({contender, cell(contender, "rows_per_s", Unit::kPerSecond),
                          cell(contender, "dead_per_row", Unit::kCount), cell(contender, "growth", Unit::kPercent),
                          cell(contender, "vacuum_ms", Unit::kSeconds, 1e-3),
                          cell(contender, "vacuum_share", Unit::kPercent)});
  }
  return table;
}

void Tell(const Results& results, Section& section) {
  section.Claim(8, "insert only: the first VACUUM's time, of the load's", {.words = "almost nothing"}, Unit::kPercent,
                Figure(results, kAppend, "load_vacuum_share"));
  section.Claim(8, "insert only: VACUUM's time behind 10 % more rows, of their load's", {.words = "almost nothing"},
                Unit::kPercent, Figure(results, kAppend, "vacuum_share"));
  section.Claim(8, "insert only: dead rows for each row", {.words = "none"}, Unit::kCount,
                Figure(results, kAppend, "dead_per_row"));
  section.Claim(8, "ON CONFLICT DO UPDATE: dead rows for each row", {.words = "accumulate"}, Unit::kCount,
                Figure(results, kDoUpdate, "dead_per_row"));
  section.Text(
      "A table with a unique index on the dedup key is loaded by COPY and vacuumed; then rows are written, and it "
      "is vacuumed again, by hand and without a pause, as autovacuum would with autovacuum_vacuum_cost_delay = 0. "
      "Dead rows are pg_stat_all_tables' n_dead_tup behind the writing. ON CONFLICT writes by COPY into a "
      "temporary table and INSERT from there, 10,000 rows at a time, on one connection, and bxb with one.");
  section.Text(
      "The first VACUUM of new rows reads each page once and marks it all visible; the next one passes over those "
      "pages. DO NOTHING finds the row by the index and leaves nothing behind. DO UPDATE writes each row, and its "
      "entry in the index, anew, and leaves the old ones to VACUUM, which has to go through the index as well; the "
      "space is used again later, but not given back. bxb tries a plain COPY first: what that has stored when it "
      "meets a duplicate is dead, a thousand rows at most each time; then it merges as DO NOTHING does, without "
      "trying, while there are many duplicates.");
  section.Add(Rows(results));
}

}  // namespace

const Experiment kVacuum = {
    .name = "vacuum", .title = "What VACUUM has to do", .weight = 20, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
