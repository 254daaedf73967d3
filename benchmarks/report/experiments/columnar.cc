// What events weigh in columns, and how fast they are added up there.
#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "report/columnar/stores.h"
#include "report/experiments.h"
#include "support/chart.h"

namespace bxb::bench::report {
namespace {

constexpr int kRuns = 3;

struct Query {
  std::string_view name;
  std::string_view title;
};

constexpr std::array kQueries = {
    Query{"by_code", "everything, by code"},
    Query{"by_day", "one organization, by day"},
    Query{"top_customers", "everything, the 10 largest customers"},
    Query{"one_customer", "one customer's month, by code"},
};

struct Engine {
  std::string_view name;
  std::string_view title;
};

constexpr std::array kEngines = {
    Engine{"postgresql", "PostgreSQL"},
    Engine{"clickhouse", "ClickHouse"},
    Engine{"timescaledb", "TimescaleDB"},
};

// A table of an engine.
struct Stock {
  std::string_view engine;
  std::string_view table;
  std::string_view title;
};

constexpr std::array kStocks = {
    Stock{"postgresql", "seed", "PostgreSQL, layout seed"},
    Stock{"postgresql", "lean", "PostgreSQL, layout lean"},
    Stock{"timescaledb", "uncompressed", "TimescaleDB, not compressed"},
    Stock{"timescaledb", "compressed", "TimescaleDB, compressed"},
    Stock{"clickhouse", "lz4", "ClickHouse, LZ4"},
    Stock{"clickhouse", "zstd", "ClickHouse, ZSTD"},
};

std::string NameOf(const Stock& stock) { return fmt::format("{}/{}", stock.engine, stock.table); }
std::string NameOf(const Query& query, std::string_view engine) { return fmt::format("{}/{}", query.name, engine); }

// The same text for all engines.
std::string Sql(std::string_view query, const UsageMonth& month) {
  constexpr std::string_view kSums = "sum(decimal_value) AS total, count(*) AS events FROM {}";
  const std::string organization = month.usage().organization(3).ToString();
  if (query == "by_code") return fmt::format("SELECT code, {} GROUP BY code ORDER BY code", kSums);
  if (query == "by_day") {
    return fmt::format(
        "SELECT CAST(timestamp AS date) AS day, {} WHERE organization_id = '{}' GROUP BY day ORDER BY day", kSums,
        organization);
  }
  if (query == "top_customers") {
    return fmt::format(
        "SELECT external_customer_id, {} GROUP BY external_customer_id ORDER BY total DESC, external_customer_id "
        "LIMIT 10",
        kSums);
  }
  return fmt::format(
      "SELECT code, {} WHERE organization_id = '{}' AND external_customer_id = '{}' "
      "AND timestamp >= '2025-03-01 00:00:00' AND timestamp < '2025-04-01 00:00:00' GROUP BY code ORDER BY code",
      kSums, organization, month.usage().customer(3, 42));
}

struct Columnar {
  explicit Columnar(const Ground& ground);

  const absl::StatusOr<std::unique_ptr<Store>>& store(std::string_view engine) const {
    return stores.find(engine)->second;
  }

  UsageMonth month;
  std::map<std::string, absl::StatusOr<std::unique_ptr<Store>>, std::less<>> stores;
  std::map<std::string, std::string, std::less<>> answers;  ///< PostgreSQL's, by query
};

Columnar::Columnar(const Ground& ground) : month(ground.Rows(1'000'000)) {
  const auto timed = [](const char* n, auto open) {
    absl::StatusOr<std::unique_ptr<Store>> store;
    fmt::print(stderr, "{} {}\n", n, SecondsOf([&] { store = open(); }));
    return store;
  };
  stores.emplace("clickhouse", timed("ch", [&] { return ClickHouseStore::Open(ground, month); }));
  stores.emplace("timescaledb", timed("ts", [&] { return TimescaleStore::Open(ground, month); }));
  stores.emplace("postgresql", timed("pg", [&] { return std::unique_ptr<Store>(new RowStore(ground, month)); }));
  for (const Query& query : kQueries) {
    answers.emplace(query.name, (*store("postgresql"))->Ask(Sql(query.name, month)));
  }
}

void MeasureQuery(benchmark::State& state, const Columnar& columnar, std::string_view query, std::string_view engine) {
  const auto& store = columnar.store(engine);
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  const std::string sql = Sql(query, columnar.month);
  const std::string answer = (*store)->Ask(sql);
  if (answer != columnar.answers.find(query)->second)
    Die(fmt::format("{} {} answers:\n{}\nnot\n{}", engine, query, answer, columnar.answers.find(query)->second));
  std::vector<double> seconds;
  for (int run = 0; run < kRuns; ++run) seconds.push_back(SecondsOf([&] { (*store)->Ask(sql); }));
  const double median = Summarize(std::move(seconds))->median;
  for (auto _ : state) state.SetIterationTime(median);
  state.counters["query_ms"] = median * 1e3;
}

void TellSize(benchmark::State& state, const Columnar& columnar, const Stock& stock) {
  const auto& store = columnar.store(stock.engine);
  if (!store.ok()) return state.SkipWithError(std::string(store.status().message()).c_str());
  for (auto _ : state) state.SetIterationTime(0);
  const StoredBytes& stored = (*store)->stored().at(std::string(stock.table));
  const auto rows = static_cast<double>(columnar.month.rows());
  state.counters["row_bytes"] = stored.all / rows;
  for (const auto& [column, bytes] : stored.columns) state.counters[column] = bytes / rows;
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto columnar = std::make_shared<Columnar>(ground);
  std::vector<Contender> contenders;
  for (const Stock& stock : kStocks) {
    contenders.push_back({.name = NameOf(stock),
                          .run = [=](benchmark::State& state) { TellSize(state, *columnar, stock); },
                          .once = true});
  }
  for (const Query& query : kQueries) {
    for (const Engine& engine : kEngines) {
      contenders.push_back({.name = NameOf(query, engine.name), .run = [=](benchmark::State& state) {
                              MeasureQuery(state, *columnar, query.name, engine.name);
                            }});
    }
  }
  return contenders;
}

void Tell(const Results& results, Section& section) {
  section.Add(
      TableOf(results, "", "x", {{"bytes", "row_bytes", Unit::kBytes}, {"t", "query_ms", Unit::kSeconds, 1e-3, true}}));
}

}  // namespace

const Experiment kColumnar = {
    .name = "columnar", .title = "Events in columns", .weight = 60, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
