// What many small partitions cost: planning, and inserting.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bxb/schema.h"
#include "report/experiments.h"
#include "report/partitions/daily_table.h"
#include "support/chart.h"

namespace bxb::bench::report {
namespace {

constexpr std::array kCounts = {1, 12, 100, 1'000};
constexpr int kMost = 4'000;
constexpr double kScaleForMost = 4;

/// Rows that a partition should have, by the rule.
constexpr double kWorthAPartition = 10'000;

/// Held at a time: of a table and its two indexes, by two connections.
constexpr std::int64_t kLocksAPartition = 6;

std::string ContenderOf(int partitions) { return fmt::format("{}", partitions); }

// Thousands of partitions need more locks than a server with default settings has.
std::unique_ptr<Server> ServerFor(const Ground& ground, bool thousands) {
  if (!thousands) return std::make_unique<Server>(ground.server, ground.schema);
  return std::make_unique<Server>("", std::map<std::string, std::string>{{"max_locks_per_transaction", "1024"}});
}

// What it has room for, at least.
std::int64_t LocksOf(Session& session) {
  return std::stoll(session.Value(
      "SELECT current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::bigint + "
      "current_setting('max_prepared_transactions')::bigint)"));
}

struct DailyTables {
  DailyTables(const Ground& ground, bool thousands)
      : server(ServerFor(ground, thousands)), pool(10'000), counts(kCounts.begin(), kCounts.end()) {
    if (thousands) counts.push_back(kMost);
    const std::int64_t locks = LocksOf(server->session());
    for (const int days : counts) {
      const bool fits = days * kLocksAPartition <= locks;
      tables.push_back(fits ? std::make_unique<DailyTable>(*server, pool, ground.Rows(100'000), days) : nullptr);
    }
  }

  void Measure(benchmark::State& state, std::size_t number) const {
    if (tables[number] != nullptr) return tables[number]->Measure(state);
    state.SkipWithError("the server has too few locks for so many partitions: max_locks_per_transaction");
  }

  std::unique_ptr<Server> server;
  Events pool;
  std::vector<int> counts;
  std::vector<std::unique_ptr<DailyTable>> tables;  ///< null where the server has too few locks
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const bool thousands = ground.scale >= kScaleForMost && ground.private_server();
  const auto tables = std::make_shared<DailyTables>(ground, thousands);
  std::vector<Contender> contenders;
  for (std::size_t i = 0; i < tables->counts.size(); ++i) {
    contenders.push_back(
        {ContenderOf(tables->counts[i]), [tables, i](benchmark::State& state) { tables->Measure(state, i); }});
  }
  return contenders;
}

/// A contender's metric at a number of partitions.
std::optional<double> At(const Results& results, int partitions, const char* metric) {
  const auto summary = results.Of(ContenderOf(partitions), metric);
  return summary ? std::optional(summary->median) : std::nullopt;
}

// The time to plan a query over so many partitions, in seconds: between those measured, a line on logarithmic axes.
std::optional<double> PlanSeconds(const Results& results, double partitions) {
  for (std::size_t i = 1; i < kCounts.size(); ++i) {
    if (partitions > kCounts[i]) continue;
    const auto low = At(results, kCounts[i - 1], "all_later_ms");
    const auto high = At(results, kCounts[i], "all_later_ms");
    if (!low || !high) return std::nullopt;
    const double share =
        std::log(partitions / kCounts[i - 1]) / std::log(static_cast<double>(kCounts[i]) / kCounts[i - 1]);
    return *low * std::pow(*high / *low, share) / 1'000;
  }
  return std::nullopt;
}

void TellClaims(const Results& results, Section& section) {
  const auto claim = [&](const char* what, const char* metric, const char* words) {
    section.Claim(5, what, {.words = words}, Unit::kTimes, Ratio(results, ContenderOf(1'000), ContenderOf(12), metric));
  };
  claim("time to plan a query over all of 1,000 partitions / of 12", "all_later_ms", "more");
  claim("the same, a connection's first plan", "all_first_ms", "more");
  claim("time to plan a query for one day of 1,000 / of 12", "day_later_ms", "more");
  claim("the same, a connection's first plan", "day_first_ms", "more");
  claim("time of a single-row INSERT, 1,000 partitions / 12", "insert_later_ms", "more");
  claim("rows/s of COPY, each batch over all of 1,000 partitions / of 12", "rows_per_s", "less");
  claim("rows/s of COPY into the last of 1,000 partitions / of 12", "last_day_rows_per_s", "less");
  Measured share{.figure = {}, .why_not = results.WhyNot(ContenderOf(1'000))};
  const auto plan = PlanSeconds(results, 1'000);
  const auto read_us = At(results, 1, "read_us");
  if (plan && read_us) {
    const double value = *plan / (1'000 * kWorthAPartition * *read_us * 1e-6);
    share.figure = Summary{value, value, value};
  }
  section.Claim(5, "time to plan over 1,000 partitions / to read them, at 10,000 rows in each", {.words = "bearable"},
                Unit::kPercent, share);
}

LineChart Chart(const Results& results) {
  LineChart chart{.title = "Planning time and the number of partitions",
                  .subtitle = "the same rows in daily partitions, in memory",
                  .x = {.title = "partitions", .scale = Scale::kLog},
                  .y = {.title = "ms", .scale = Scale::kLog},
                  .lines = {}};
  const auto add = [&](const char* name, const char* metric) {
    LineChart::Line line{.name = name, .points = {}};
    for (const std::string& contender : results.contenders()) {
      const auto at = results.Of(contender, "partitions");
      const auto ms = results.Of(contender, metric);
      if (at && ms) line.points.push_back({.x = at->median, .y = ms->median, .low = ms->min, .high = ms->max});
    }
    chart.lines.push_back(std::move(line));
  };
  add("all days, first plan", "all_first_ms");
  add("all days, later plans", "all_later_ms");
  add("one day, first plan", "day_first_ms");
  add("one day, later plans", "day_later_ms");
  add("INSERT of a row, later ones", "insert_later_ms");
  return chart;
}

struct Cut {
  const char* name;
  double days;
};

constexpr std::array kCuts = {Cut{"day", 1}, Cut{"week", 7}, Cut{"month", 365.0 / 12}};
constexpr double kDaySeconds = 86'400;
constexpr double kYearDays = 365;

std::string Share(double value) { return value < 0.001 ? "under 0.1 %" : Format(value, Unit::kPercent); }

// The rule, from what was measured.
TextTable RuleTable(const Results& results, double read_seconds, double index_bytes) {
  TextTable table{.head = {"events/s", "partition", "rows in one", "its indexes", "partitions a year",
                           "plan of a year's query", "of the time to read that year"},
                  .rows = {}};
  for (const double rate : {0.1, 1.0, 100.0, 10'000.0}) {
    for (const auto& [name, days] : kCuts) {
      const double rows = rate * kDaySeconds * days;
      const double partitions = std::ceil(kYearDays / days);
      const double plan = PlanSeconds(results, partitions).value_or(0);
      table.rows.push_back({fmt::format("{:g}", rate), name, Format(rows, Unit::kCount),
                            Format(rows * index_bytes, Unit::kBytes), Format(partitions, Unit::kCount),
                            Format(plan, Unit::kSeconds), Share(plan / (partitions * rows * read_seconds))});
    }
  }
  return table;
}

std::string Advice() {
  std::string advice;
  for (const double rate : {0.001, 1.0, 100.0, 1'000.0, 10'000.0}) {
    const auto interval = AdvisePartitions(rate, absl::Hours(24) * 365).interval;
    advice += fmt::format("{}{:g} events/s: {}", advice.empty() ? "" : "; ", rate, interval ? Name(*interval) : "none");
  }
  return advice;
}

void TellRule(const Results& results, Section& section) {
  const auto plan = PlanSeconds(results, 1'000);
  const auto read_us = At(results, 1, "read_us");
  const auto index_bytes = At(results, 1, "index_bytes");
  if (!plan || !read_us || !index_bytes) return;
  section.Text(fmt::format(
      "Days, weeks or months, by arithmetic. Reading a row (the sum of a column over one table in memory, one process) "
      "takes {:.0f} ns. So planning over 1,000 partitions takes as long as reading {} rows of each; over 100, {}. The "
      "two indexes (dedup per timestamp with random ids; organization, code, timestamp) take {} a row. Plans over "
      "other numbers of partitions are interpolated.",
      *read_us * 1'000, Format(std::round(*plan / 1'000 / (*read_us * 1e-6)), Unit::kCount),
      Format(std::round(PlanSeconds(results, 100).value_or(0) / 100 / (*read_us * 1e-6)), Unit::kCount),
      Format(*index_bytes, Unit::kBytes)));
  section.Add(RuleTable(results, *read_us * 1e-6, *index_bytes));
  section.Text(fmt::format(
      "From one event a second on each of the three cuts has over 10,000 rows in a partition, and a year has a few "
      "hundred partitions at most: the rule's lower end does not decide there. What decides is its upper end, whether "
      "the indexes of the partition that is written to stay in memory (see the experiment \"size\"), and how often "
      "queries plan over all partitions. bxb's AdvisePartitions, for a year's retention: {}.",
      Advice()));
}

void Tell(const Results& results, Section& section) {
  TellClaims(results, section);
  section.Text(
      "100,000 rows (times the scale) are spread evenly over daily partitions with two indexes each, 1 to 1,000 of "
      "them; 4,000 in runs with --scale=4 and more, on a private server with max_locks_per_transaction = 1024: a query "
      "over all takes three locks a partition, and 4,000 are more than the default has room for. Planning is EXPLAIN's "
      "own figure for one organization's daily sums, over the last day and over all; first on a new connection, which "
      "reads the catalog, then the median of 15 more. INSERT of one row of the last day is the statement's time at the "
      "client, parsing and planning included, without a commit. COPY goes through the root over two connections, "
      "10,000 rows a commit: with each batch's rows spread over all days, then with all in the last day; the first "
      "such batch of a connection is shown by itself. Each round adds its rows to those that are there. Plans over all "
      "grow faster than the number of partitions does; why was not looked into. A single row goes into a small "
      "partition, whose indexes are small.");
  section.Add(TableOf(results, "", "partitions",
                      {{"plan, one day: first", "day_first_ms", Unit::kSeconds, 1e-3},
                       {"later", "day_later_ms", Unit::kSeconds, 1e-3},
                       {"plan, all days: first", "all_first_ms", Unit::kSeconds, 1e-3},
                       {"later", "all_later_ms", Unit::kSeconds, 1e-3},
                       {"INSERT: plan", "insert_plan_later_ms", Unit::kSeconds, 1e-3},
                       {"first statement", "insert_first_ms", Unit::kSeconds, 1e-3},
                       {"later", "insert_later_ms", Unit::kSeconds, 1e-3}}));
  section.Add(TableOf(results, "", "partitions",
                      {{"COPY over all days, rows/s", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"server's CPU per row", "server_us", Unit::kSeconds, 1e-6},
                       {"a connection's first batch", "copy_first_ms", Unit::kSeconds, 1e-3},
                       {"COPY into the last day, rows/s", "last_day_rows_per_s", Unit::kPerSecond, 1, true}}));
  section.Add(Plot{.name = "partitions",
                   .caption = "A plan for one day stays what it is once a connection knows the table; a plan over all "
                              "grows with their number.",
                   .svg = Chart(results).Svg()});
  TellRule(results, section);
}

}  // namespace

const Experiment kPartitions = {
    .name = "partitions", .title = "Many small partitions", .weight = 30, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
