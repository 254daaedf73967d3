// What a B-tree and a BRIN cost COPY, and how large they are.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/internal/big_endian.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;

// (random bigint, rising timestamptz) as COPY BINARY tuples.
class NarrowRows {
 public:
  explicit NarrowRows(std::size_t count) {
    std::mt19937_64 random(11);  // NOLINT(bugprone-random-generator-seed): every run sees the same rows
    for (std::size_t i = 0; i < count; ++i) {
      Put<std::int16_t>(2);
      PutField(static_cast<std::int64_t>(random()));
      PutField(static_cast<std::int64_t>(i) * 1'000);
    }
  }

  std::string_view Tuples(std::size_t begin, std::size_t count) const {
    return std::string_view(bytes_).substr(begin * kTupleBytes, count * kTupleBytes);
  }

 private:
  static constexpr std::size_t kTupleBytes = 2 + 2 * (4 + 8);

  template <typename T>
  void Put(T value) {
    std::array<char, sizeof value> bytes{};
    internal::PutBig(bytes.data(), value);
    bytes_.append(bytes.data(), bytes.size());
  }

  void PutField(std::int64_t value) {
    Put<std::int32_t>(sizeof value);
    Put(value);
  }

  std::string bytes_;
};

struct Indexing {
  explicit Indexing(const Ground& ground)
      : server(ground.server, ground.schema),
        narrow_rows(ground.Rows(400'000)),
        event_rows(ground.Rows(150'000)),
        narrow(narrow_rows),
        encoded(Events(event_rows).All()),
        sessions(Connect(server.dsn(), 1)) {}

  Server server;
  std::size_t narrow_rows;
  std::size_t event_rows;
  NarrowRows narrow;
  EncodedEvents encoded;
  std::vector<Session> sessions;
};

void CopyNarrow(Indexing& indexing, const std::string& table) {
  const std::string sql = fmt::format("BEGIN;COPY {} FROM STDIN (FORMAT binary);COMMIT", table);
  for (std::size_t begin = 0; begin < indexing.narrow_rows; begin += kBatchRows) {
    indexing.server.session().Copy(sql, indexing.narrow.Tuples(begin, kBatchRows));
  }
}

void CopyEvents(Indexing& indexing, const std::string& table) {
  CopyBatches(indexing.sessions, CopySql(table), indexing.encoded, indexing.event_rows, kBatchRows);
}

double Number(Server& server, const std::string& sql) { return std::stod(server.session().Value(sql)); }

void TellSizes(benchmark::State& state, Server& server, const std::string& table) {
  const double index = Number(
      server,
      fmt::format("SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index WHERE indrelid = '{}'::regclass",
                  table));
  const double heap = Number(server, fmt::format("SELECT pg_relation_size('{}')", table));
  state.counters["table_bytes"] = heap;
  if (index == 0) return;
  state.counters["index_bytes"] = index;
  state.counters["index_share"] = index / heap;
}

// COPY leaves what it adds to the table of a BRIN to the next VACUUM to summarize. Returns the seconds.
double Summarize(benchmark::State& state, Server& server, const std::string& table) {
  const std::string sql = fmt::format(
      "SELECT count(brin_summarize_new_values(indexrelid)) FROM pg_index WHERE indrelid = '{}'::regclass", table);
  const double seconds = SecondsOf([&] { server.session().Value(sql); });
  state.counters["summary_ms"] = seconds * 1'000;
  return seconds;
}

struct Subject {
  std::string table;
  std::size_t rows;
  void (*copy)(Indexing& indexing, const std::string& table);
  bool brin = false;
};

void Load(benchmark::State& state, Indexing& indexing, const Subject& subject) {
  Server& server = indexing.server;
  server.session().Run("TRUNCATE " + subject.table);
  server.Checkpoint();
  const double seconds = MeasureWork(state, server, subject.rows, [&] { subject.copy(indexing, subject.table); });
  server.RequireRows(subject.table, subject.rows);
  const double summary = subject.brin ? Summarize(state, server, subject.table) : 0;
  state.counters["summarized_per_s"] = static_cast<double>(subject.rows) / (seconds + summary);
  TellSizes(state, server, subject.table);
}

// `index` is what stands behind CREATE INDEX ON the table; empty: none.
Subject Make(Indexing& indexing, const char* name, bool narrow, const std::string& index) {
  Server& server = indexing.server;
  const std::string table = server.InSchema(name);
  const std::string columns = narrow ? "key bigint NOT NULL, timestamp timestamptz NOT NULL"
                                     : fmt::format("LIKE {} INCLUDING DEFAULTS", server.NameOf(Table::kDedup));
  server.session().Run(fmt::format("CREATE TABLE {} ({})", table, columns));
  if (!index.empty()) server.session().Run(fmt::format("CREATE INDEX ON {} {}", table, index));
  return {.table = table,
          .rows = narrow ? indexing.narrow_rows : indexing.event_rows,
          .copy = narrow ? CopyNarrow : CopyEvents,
          .brin = index.starts_with("USING brin")};
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto indexing = std::make_shared<Indexing>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, const Subject& subject) {
    contenders.push_back({name, [=](benchmark::State& state) { Load(state, *indexing, subject); }});
  };
  const auto events = [&](Table table) {
    return Subject{.table = indexing->server.NameOf(table), .rows = indexing->event_rows, .copy = CopyEvents};
  };
  add("narrow/no index", Make(*indexing, "narrow_none", true, ""));
  add("narrow/B-tree, random key", Make(*indexing, "narrow_key", true, "(key)"));
  add("narrow/B-tree, rising time", Make(*indexing, "narrow_time", true, "(timestamp)"));
  add("narrow/BRIN, rising time", Make(*indexing, "narrow_brin", true, "USING brin (timestamp)"));
  add("narrow/BRIN, one page a range",
      Make(*indexing, "narrow_brin_1", true, "USING brin (timestamp) WITH (pages_per_range = 1)"));
  add("events/no index", Make(*indexing, "events_none", false, ""));
  add("events/BRIN, rising time", Make(*indexing, "events_brin", false, "USING brin (timestamp)"));
  add("events/B-tree, dedup key", events(Table::kDedup));
  add("events/four B-trees", events(Table::kSeed));
  return contenders;
}

Measured CostOf(const Results& results, const std::string& contender, const std::string& metric) {
  return Cost(results, contender, contender.substr(0, contender.find('/')) + "/no index", metric);
}

TextTable CostTable(const Results& results) {
  TextTable table{.head = {"table / index", "rows/s", "server's CPU per row", "speed lost", "with the BRIN's summary",
                           "index", "of the table's size"},
                  .rows = {}};
  for (const std::string& contender : results.contenders()) {
    const bool indexed = results.Of(contender, "index_bytes").has_value();
    const auto cell = [&](const Measured& measured, Unit unit) { return indexed ? Cell(measured, unit) : ""; };
    const Measured rate = Figure(results, contender, "rows_per_s");
    table.rows.push_back({contender, rate.figure ? Format(*rate.figure, Unit::kPerSecond) : "not run",
                          Cell(Figure(results, contender, "server_us", 1e-6), Unit::kSeconds),
                          cell(CostOf(results, contender, "rows_per_s"), Unit::kPercent),
                          cell(CostOf(results, contender, "summarized_per_s"), Unit::kPercent),
                          cell(Figure(results, contender, "index_bytes"), Unit::kBytes),
                          cell(Figure(results, contender, "index_share"), Unit::kPercent)});
  }
  return table;
}

Plot Bars(const Results& results) {
  BarChart chart{.title = "What an index takes of COPY's speed",
                 .subtitle = "the share of the rows/s that the same table reaches without an index",
                 .bars = {}};
  for (const std::string& contender : results.contenders()) {
    const Measured cost = CostOf(results, contender, "summarized_per_s");
    if (!cost.figure || !results.Of(contender, "index_bytes")) continue;
    const auto [median, min, max] = *cost.figure;
    chart.bars.push_back({.name = contender,
                          .value = std::max(median, 0.0) * 100,
                          .low = std::max(min, 0.0) * 100,
                          .high = std::max(max, 0.0) * 100,
                          .label = Format(median, Unit::kPercent)});
  }
  return {.name = "indexes",
          .caption = "Speed lost to indexes, the time to summarize a BRIN included.",
          .svg = chart.Svg()};
}

void TellClaims(const Results& results, Section& section) {
  const auto cost = [&](const char* what, double claimed, const char* contender) {
    section.Claim(3, what, {claimed, claimed}, Unit::kPercent, CostOf(results, contender, "rows_per_s"));
  };
  cost("a B-tree's cost: narrow table, random key", 0.85, "narrow/B-tree, random key");
  cost("a B-tree's cost: events, unique dedup key", 0.85, "events/B-tree, dedup key");
  section.Claim(3, "a B-tree's size, of the narrow table's", {.words = "approaches the table's size"}, Unit::kPercent,
                Figure(results, "narrow/B-tree, random key", "index_share"));
  cost("a BRIN's cost: narrow table, rising times", 0.11, "narrow/BRIN, rising time");
  cost("a BRIN's cost: events, rising times", 0.11, "events/BRIN, rising time");
  section.Claim(3, "a BRIN's size, of the narrow table's; 128 pages a range, the default", {0.05, 0.15}, Unit::kPercent,
                Figure(results, "narrow/BRIN, rising time", "index_share"));
  section.Claim(3, "the same, one page a range", {0.05, 0.15}, Unit::kPercent,
                Figure(results, "narrow/BRIN, one page a range", "index_share"));
}

void Tell(const Results& results, Section& section) {
  TellClaims(results, section);
  section.Text(
      "COPY in binary, encoded beforehand, one connection, a commit for each 10,000 rows, into an empty table. The "
      "narrow table is (key bigint, random; timestamp timestamptz, rising); the events are the same as everywhere "
      "on this page. Cost is the share of the rows/s without an index that is lost; sizes are pg_relation_size's. "
      "On a busy machine the CPU per row says more than the clock.");
  section.Text(
      "The wider the row, the less of its time one index takes: hence the difference between the two tables. These "
      "indexes fit into memory; a B-tree on a random key that does not reads and writes a page for each row.");
  section.Text(
      "A BRIN holds a few dozen bytes for each range of pages, however many rows these have, in three pages of 8 "
      "kB at least. So it is nowhere near the field's share of a table, unless the table is tiny. It is not free "
      "either: each row looks up its range, and new ranges are left for the next VACUUM to summarize, by a scan of "
      "the new pages, which a column of its own and the plot include.");
  section.Add(CostTable(results));
  if (!results.contenders().empty()) section.Add(Bars(results));
}

}  // namespace

const Experiment kIndexes = {
    .name = "indexes", .title = "What an index costs", .weight = 18, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
