// What events weigh in columns, and how fast they are added up there.
#include <fmt/format.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/columnar/engines.h"
#include "report/columnar/queries.h"
#include "report/experiments.h"
#include "support/chart.h"

namespace bxb::bench::report {
namespace {

constexpr double kSpent = 0.3;  // seconds, on each query of a round
constexpr const char* kTwoMachines = "compares engines on one machine: run it without --dsn";

struct Engine {
  std::string_view name;
  std::string_view title;
};

constexpr std::array kEngines = {
    Engine{"postgresql", "PostgreSQL"},
    Engine{"clickhouse", "ClickHouse"},
    Engine{"timescaledb", "TimescaleDB"},
};

// What the claims are about: engine and table.
constexpr std::string_view kRows = "postgresql/seed";
constexpr std::string_view kChunks = "timescaledb/compressed";
constexpr std::string_view kLz4 = "clickhouse/lz4";
constexpr std::string_view kZstd = "clickhouse/zstd";

struct Stock {
  std::string_view name;
  std::string_view title;

  std::string_view engine() const { return name.substr(0, name.find('/')); }
  std::string_view table() const { return name.substr(name.find('/') + 1); }
};

constexpr std::array kStocks = {
    Stock{kRows, "PostgreSQL, layout seed"},
    Stock{"postgresql/lean", "PostgreSQL, layout lean"},
    Stock{"timescaledb/uncompressed", "TimescaleDB, not compressed"},
    Stock{kChunks, "TimescaleDB, compressed"},
    Stock{kLz4, "ClickHouse, LZ4"},
    Stock{kZstd, "ClickHouse, ZSTD"},
};

std::string NameOf(const Query& query, std::string_view engine) { return fmt::format("{}/{}", query.name, engine); }

// How many times as long PostgreSQL takes.
Measured Times(const Results& results, const Query& query, std::string_view engine) {
  return Ratio(results, NameOf(query, "postgresql"), NameOf(query, engine), "query_ms");
}

// How many times as much PostgreSQL takes.
Measured Smaller(const Results& results, std::string_view stock) {
  return Ratio(results, std::string(kRows), std::string(stock), "row_bytes");
}

// Of runs that take so long together, one at least: short ones meet others on a busy machine.
double MedianSeconds(const std::function<void()>& run) {
  std::vector<double> seconds;
  for (double spent = 0; spent < kSpent; spent += seconds.back()) seconds.push_back(SecondsOf(run));
  return Summarize(std::move(seconds))->median;
}

void MeasureQuery(benchmark::State& state, const Columnar& columnar, std::string_view query, std::string_view engine) {
  const Columnar::MaybeStore& store = columnar.store(engine);
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  const std::string sql = Sql(query, columnar.month);
  if ((*store)->Ask(sql) != columnar.answer(query)) Die(fmt::format("{} gives another answer to {}", engine, query));
  const double seconds = MedianSeconds([&] { (*store)->Ask(sql); });
  for (auto _ : state) state.SetIterationTime(seconds);
  state.counters["query_ms"] = seconds * 1e3;
}

void TellSize(benchmark::State& state, const Columnar& columnar, const Stock& stock) {
  const Columnar::MaybeStore& store = columnar.store(stock.engine());
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  for (auto _ : state) state.SetIterationTime(0);
  const StoredBytes& stored = (*store)->stored().at(std::string(stock.table()));
  const auto rows = static_cast<double>(columnar.month.rows());
  state.counters["row_bytes"] = stored.all / rows;
  for (const auto& [column, bytes] : stored.columns) state.counters[column] = bytes / rows;
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto columnar = std::make_shared<Columnar>(ground);
  const bool one_machine = ground.private_server();
  std::vector<Contender> contenders;
  for (const Stock& stock : kStocks) {
    contenders.push_back({.name = std::string(stock.name),
                          .run = [=](benchmark::State& state) { TellSize(state, *columnar, stock); },
                          .once = true});
  }
  for (const Query& query : kQueries) {
    for (const Engine& engine : kEngines) {
      contenders.push_back({.name = NameOf(query, engine.name),
                            .run =
                                [=](benchmark::State& state) {
                                  if (!one_machine) return state.SkipWithError(kTwoMachines);
                                  MeasureQuery(state, *columnar, query.name, engine.name);
                                },
                            .once = !one_machine});
    }
  }
  return contenders;
}

Measured Bytes(const Results& results, std::string_view table, std::string_view column) {
  return Figure(results, std::string(table), std::string(column));
}

TextTable SizeTable(const Results& results) {
  TextTable table{.head = {"", "bytes a row", "seed layout / this"}, .rows = {}};
  for (const Stock& stock : kStocks) {
    table.rows.push_back({std::string(stock.title), Cell(Bytes(results, stock.name, "row_bytes"), Unit::kBytes),
                          Cell(Smaller(results, stock.name), Unit::kTimes)});
  }
  return table;
}

TextTable ColumnTable(const Results& results) {
  TextTable table{.head = {"column", "PostgreSQL", "TimescaleDB", "ClickHouse, LZ4", "ClickHouse, ZSTD"}, .rows = {}};
  for (const std::string_view column : kStoredColumns) {
    std::vector<std::string> row = {std::string(column)};
    for (const std::string_view stored : {kRows, kChunks, kLz4, kZstd})
      row.push_back(Cell(Bytes(results, stored, column), Unit::kBytes));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable TimeTable(const Results& results) {
  TextTable table{.head = {"query"}, .rows = {}};
  for (const Engine& engine : kEngines) table.head.emplace_back(engine.title);
  table.head.emplace_back("PostgreSQL / ClickHouse");
  for (const Query& query : kQueries) {
    std::vector<std::string> row = {std::string(query.title)};
    for (const Engine& engine : kEngines) {
      row.push_back(Cell(Figure(results, NameOf(query, engine.name), "query_ms", 1e-3), Unit::kSeconds));
    }
    row.push_back(Cell(Times(results, query, "clickhouse"), Unit::kTimes));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// What is measured as a bar; nothing otherwise.
void AddBar(BarChart& chart, std::string name, const Measured& measured, Unit unit) {
  if (!measured.figure) return;
  const auto [median, low, high] = *measured.figure;
  chart.bars.push_back(
      {.name = std::move(name), .value = median, .low = low, .high = high, .label = Format(median, unit)});
}

void AddPlot(Section& section, std::string name, std::string caption, const BarChart& chart) {
  if (chart.bars.empty()) return;
  section.Add(Plot{.name = std::move(name), .caption = std::move(caption), .svg = chart.Svg()});
}

void AddSizePlot(const Results& results, Section& section) {
  BarChart chart{.title = "Bytes a row", .subtitle = "the same events, indexes included", .bars = {}};
  for (const Stock& stock : kStocks) {
    AddBar(chart, std::string(stock.title), Bytes(results, stock.name, "row_bytes"), Unit::kBytes);
  }
  AddPlot(section, "columnar_bytes", "What one event takes on disk, by engine.", chart);
}

void AddTimePlot(const Results& results, Section& section) {
  BarChart chart{
      .title = "Time of a query", .subtitle = "logarithmic; data in memory", .bars = {}, .scale = Scale::kLog};
  for (const Query& query : kQueries) {
    for (const Engine& engine : kEngines) {
      AddBar(chart, fmt::format("{}: {}", query.title, engine.title),
             Figure(results, NameOf(query, engine.name), "query_ms", 1e-3), Unit::kSeconds);
    }
  }
  AddPlot(section, "columnar_queries", "Columns win where many rows are added up, an index on rows where few are.",
          chart);
}

void TellClaims(const Results& results, Section& section) {
  const auto smaller = [&](const char* what, Claimed claimed, std::string_view than) {
    section.Claim(7, fmt::format("PostgreSQL's bytes a row, indexes included / {}", what), std::move(claimed),
                  Unit::kTimes, Smaller(results, than));
  };
  smaller("TimescaleDB's, compressed", {10, 20}, kChunks);
  smaller("ClickHouse's, LZ4", {20, 30}, kLz4);
  smaller("ClickHouse's, ZSTD", {20, 30}, kZstd);
  for (const Query& query : {kQueries[0], kQueries[1]}) {
    section.Claim(10, fmt::format("{}: PostgreSQL's time / that of ClickHouse", query.title), {10, 100}, Unit::kTimes,
                  Times(results, query, "clickhouse"));
  }
  section.Claim(10, "the same / that of TimescaleDB", {10, 100}, Unit::kTimes,
                {.figure = {}, .why_not = "only a WebAssembly build can be had; its times are in the section"});
}

// Where the field's figure comes from, and ours.
void TellIds(const Results& results, Section& section) {
  const auto rows = Bytes(results, kRows, "row_bytes").figure;
  const auto all = Bytes(results, kLz4, "row_bytes").figure;
  const auto id = Bytes(results, kLz4, "transaction_id").figure;
  if (!rows || !all || !id) return;
  const double rest = all->median - id->median;
  section.Text(fmt::format(
      "What decides is the transaction id. It is random, so that LZ4 and TimescaleDB cannot shorten it at all, and "
      "ZSTD to half: hexadecimal digits. Of the {} that ClickHouse (LZ4) takes for a row the id is {}, everything else "
      "{}: even if the id took nothing there, the ratio would be {}. More than that takes events whose columns repeat "
      "more than these do, or a wider row in PostgreSQL.",
      Format(all->median, Unit::kBytes), Format(id->median, Unit::kBytes), Format(rest, Unit::kBytes),
      Format(rows->median / rest, Unit::kTimes)));
}

void Tell(const Results& results, Section& section) {
  TellClaims(results, section);
  section.Text(
      "The same events everywhere: a month in the order of time, 20 organizations with 500 customers each, 5 codes, "
      "random UUIDs (version 4, as text of 36 characters) for transaction ids, JSON of about 65 characters with four "
      "fields and about three million different values, a double and a decimal of two digits, all drawn evenly. "
      "PostgreSQL: one COPY for each 10,000 rows into the indexed tables, VACUUM, pg_total_relation_size. ClickHouse "
      "(chdb, its engine in the process): MergeTree ORDER BY (organization_id, code, timestamp), LowCardinality for "
      "the code, OPTIMIZE FINAL, bytes_on_disk of system.parts; ZSTD is level 1. TimescaleDB: chunks of 7 days, "
      "segmentby organization_id, orderby timestamp, all chunks compressed, hypertable_size.");
  section.Add(SizeTable(results));
  TellIds(results, section);
  section.Text(
      "PostgreSQL's sizes include the unique index that keeps duplicates out; neither columnar table has one. Bytes of "
      "each column's values (pg_column_size; column_bytes_on_disk), without headers and indexes:");
  section.Add(ColumnTable(results));
  AddSizePlot(results, section);
  section.Text(
      "Queries: the same SQL text for all, sum(decimal_value), which is exact everywhere, and count(*). PostgreSQL "
      "answers from the seed layout after VACUUM ANALYZE, with its default two parallel workers; ClickHouse with a "
      "thread for each core, its cache of query conditions off. In each round one run does not count, but its answer "
      "must be PostgreSQL's, digit by digit; then the median of as many runs as take 0.3 s, one at least. Other work "
      "on the machine makes the short times longer, and so the ratios smaller.");
  section.Text(
      "TimescaleDB runs here as a 32-bit WebAssembly build with one thread and no parallel query: its times are no "
      "measure of a native server, its sizes are the same. One customer's month is where rows with an index win: "
      "PostgreSQL reads those rows alone, a columnar store whole blocks of the organization's.");
  section.Add(TimeTable(results));
  AddTimePlot(results, section);
}

}  // namespace

const Experiment kColumnar = {
    .name = "columnar", .title = "Events in columns", .weight = 30, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
