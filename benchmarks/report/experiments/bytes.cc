// How many bytes an event takes: the table, each index, the log; and what that makes of a day.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bxb/schema.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr double kRowsPerSecond = 10'000;
constexpr double kRowsPerDay = kRowsPerSecond * 86'400;
constexpr double kDaysPerMonth = 30;

// The same events, their ids dealt out anew: what rose is random now, and of the same size.
EncodedEvents WithRandomIds(const Events& events) {
  std::vector<Event> dealt(events.All().begin(), events.All().end());
  std::vector<std::string_view> ids;
  for (const Event& event : dealt) ids.push_back(event.transaction_id);
  std::ranges::shuffle(ids, std::mt19937(3));  // NOLINT(bugprone-random-generator-seed): every run sees the same ids
  for (std::size_t i = 0; i < ids.size(); ++i) dealt[i].transaction_id = ids[i];
  return EncodedEvents(dealt);
}

struct Weighing {
  explicit Weighing(const Ground& ground)
      : server(ground.server, ground.schema),
        rows(ground.Rows(150'000)),
        events(rows),
        rising(events.All()),
        random(WithRandomIds(events)) {}

  Server server;
  std::size_t rows;
  Events events;
  EncodedEvents rising;
  EncodedEvents random;
};

double Number(Server& server, const std::string& sql) { return std::stod(server.session().Value(sql)); }

// Bytes of the log that this writes.
double LogBytes(Server& server, const std::function<void()>& work) {
  const std::string before = server.session().Value("SELECT pg_current_wal_insert_lsn()");
  work();
  return Number(server, fmt::format("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{}')", before));
}

// The indexes of the three layouts, by their columns.
struct IndexColumns {
  const char* metric;
  const char* title;
  const char* columns;
};
constexpr std::array kIndexColumns = {
    IndexColumns{"dedup_bytes", "dedup key", "organization_id,transaction_id"},
    IndexColumns{"id_bytes", "id", "id"},
    IndexColumns{"usage_bytes", "(organization, code, time)", "organization_id,code,timestamp"},
    IndexColumns{"customer_bytes", "(customer, time)", "external_customer_id,timestamp"},
    IndexColumns{"brin_bytes", "BRIN on time", "timestamp"},
};

double IndexBytes(Server& server, const std::string& table, const char* columns) {
  return Number(server,
                fmt::format("SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index WHERE indrelid = "
                            "'{}'::regclass AND (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute "
                            "WHERE attrelid = indexrelid) = '{}'",
                            table, columns));
}

void TellSizes(benchmark::State& state, Server& server, const std::string& table, double rows) {
  state.counters["heap_bytes"] = Number(server, fmt::format("SELECT pg_relation_size('{}')", table)) / rows;
  state.counters["total_bytes"] = Number(server, fmt::format("SELECT pg_total_relation_size('{}')", table)) / rows;
  for (const auto& [metric, title, columns] : kIndexColumns) {
    if (const double bytes = IndexBytes(server, table, columns); bytes > 0) state.counters[metric] = bytes / rows;
  }
}

// Half of the rows make the table one that is there already; behind a checkpoint, the log of the other half has the
// images of pages that a table in use has.
void Weigh(benchmark::State& state, Weighing& weighing, const Layout& layout, const EncodedEvents& encoded) {
  Server& server = weighing.server;
  const std::size_t half = weighing.rows / 2;
  std::vector<Session> sessions = Connect(server.dsn(), 1);
  server.session().Run("TRUNCATE " + layout.table);
  CopyBatches(sessions, CopySql(layout.table), encoded, half, kBatchRows);
  server.Checkpoint();
  std::size_t next = half;
  const auto copy_rest = [&] {
    for (; next < weighing.rows; next += kBatchRows) {
      sessions[0].Copy(CopySql(layout.table), encoded.Tuples(next, std::min(next + kBatchRows, weighing.rows)));
    }
  };
  const double log = LogBytes(server, [&] { MeasureWork(state, server, weighing.rows - half, copy_rest); });
  server.RequireRows(layout.table, weighing.rows);
  state.counters["log_bytes"] = log / static_cast<double>(weighing.rows - half);
  TellSizes(state, server, layout.table, static_cast<double>(weighing.rows));
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto weighing = std::make_shared<Weighing>(ground);
  std::vector<Contender> contenders;
  absl::Status status;
  const auto add = [&](const char* name, const char* table, IndexProfile profile, DedupScope dedup,
                       const EncodedEvents& encoded) {
    const Layout layout = {.table = weighing->server.InSchema(table), .indexes = profile, .dedup = dedup};
    status.Update(ApplyLayout(weighing->server.dsn(), layout));
    contenders.push_back({name, [=, &encoded](benchmark::State& state) { Weigh(state, *weighing, layout, encoded); }});
  };
  const EncodedEvents& rising = weighing->rising;
  add("seed", "bytes_seed", IndexProfile::kSeed, DedupScope::kGlobal, rising);
  add("seed, random ids", "bytes_seed_random", IndexProfile::kSeed, DedupScope::kGlobal, weighing->random);
  add("lean", "bytes_lean", IndexProfile::kLean, DedupScope::kGlobal, rising);
  add("append", "bytes_append", IndexProfile::kAppend, DedupScope::kGlobal, rising);
  add("append, no dedup", "bytes_append_none", IndexProfile::kAppend, DedupScope::kNone, rising);
  if (!status.ok()) return status;
  return contenders;
}

std::string Bytes(const Results& results, const std::string& contender, const char* metric, double factor = 1) {
  return results.Of(contender, metric) ? Cell(Figure(results, contender, metric, factor), Unit::kBytes) : "";
}

TextTable SizeTable(const Results& results) {
  TextTable table{.head = {"bytes a row", "table"}, .rows = {}};
  for (const IndexColumns& index : kIndexColumns) table.head.emplace_back(index.title);
  for (const char* title : {"all", "log"}) table.head.emplace_back(title);
  for (const std::string& contender : results.contenders()) {
    std::vector<std::string> row = {contender, Bytes(results, contender, "heap_bytes")};
    for (const IndexColumns& index : kIndexColumns) row.push_back(Bytes(results, contender, index.metric));
    for (const char* metric : {"total_bytes", "log_bytes"}) row.push_back(Bytes(results, contender, metric));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable DayTable(const Results& results) {
  TextTable table{.head = {"at 10,000 events/s", "a day", "a month", "log, a day"}, .rows = {}};
  for (const std::string& contender : results.contenders()) {
    table.rows.push_back({contender, Bytes(results, contender, "total_bytes", kRowsPerDay),
                          Bytes(results, contender, "total_bytes", kRowsPerDay * kDaysPerMonth),
                          Bytes(results, contender, "log_bytes", kRowsPerDay)});
  }
  return table;
}

Plot Bars(const Results& results) {
  BarChart chart{.title = "Bytes a row", .subtitle = "the table alone, and with its indexes", .bars = {}};
  for (const std::string& contender : results.contenders()) {
    for (const auto& [metric, title] : {std::pair("heap_bytes", "table"), std::pair("total_bytes", "with indexes")}) {
      const std::optional<Summary> bytes = results.Of(contender, metric);
      if (!bytes) continue;
      chart.bars.push_back({.name = fmt::format("{}: {}", contender, title),
                            .value = bytes->median,
                            .low = bytes->min,
                            .high = bytes->max,
                            .label = Format(bytes->median, Unit::kBytes)});
    }
  }
  return {.name = "bytes", .caption = "The same events in each layout.", .svg = chart.Svg()};
}

void Tell(const Results& results, Section& section) {
  section.Claim(7, "bytes a row, indexes included: layout seed", {500, 500}, Unit::kBytes,
                Figure(results, "seed", "total_bytes"));
  section.Claim(7, "10,000 events/s, a day: layout seed", {432e9, 432e9}, Unit::kBytes,
                Figure(results, "seed", "total_bytes", kRowsPerDay));
  section.Claim(7, "10,000 events/s, a month of 30 days: layout seed", {13e12, 13e12}, Unit::kBytes,
                Figure(results, "seed", "total_bytes", kRowsPerDay * kDaysPerMonth));
  section.Text(
      "The same events, loaded by COPY, in bxb's three layouts (docs/partitions.md): sizes as pg_relation_size and "
      "pg_total_relation_size tell them, divided by the rows. The log is what the second half of the rows writes, "
      "behind a checkpoint: the first change of each page since then puts the whole page into it, so a larger "
      "table, or checkpoints that are closer together, make it longer, and wal_compression makes it shorter.");
  section.Text(
      "A day is 10,000 x 86,400 = 864 million events, times the bytes a row: 500 bytes make 432 GB a day, and 13 "
      "TB in 30 days. What is measured is multiplied in the same way; a larger table has about the same bytes a "
      "row.");
  section.Text(
      "In the layout seed, half of it is indexes. The ids rise within each of 200 organizations; there a page of the "
      "dedup index that is split leaves a half behind that gets no more rows. Random ids of the same length fill these "
      "pages evenly, and take less space; the id of the layout seed rises over the whole table and fills its pages to "
      "nine tenths.");
  section.Add(SizeTable(results));
  section.Add(DayTable(results));
  if (!results.contenders().empty()) section.Add(Bars(results));
}

}  // namespace

const Experiment kBytes = {
    .name = "bytes", .title = "Bytes a row, and a day", .weight = 20, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
