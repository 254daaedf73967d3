// A month's usage of the same events in tables of several layouts: exact aggregates, and a float sum for comparison.
#include <fmt/format.h>

#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bxb/schema.h"
#include "reader/ground.h"
#include "reader/samples.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::reader {
namespace {

// A short query is repeated for so long, and its median counts.
constexpr absl::Duration kRepeat = absl::Milliseconds(100);

constexpr std::size_t kOrganization = 3;
constexpr std::size_t kOneCustomer = 7;

enum class Scope { kCustomer, kByDay, kByCustomer };

constexpr std::array kScopes = {std::pair("customer", Scope::kCustomer), std::pair("by_day", Scope::kByDay),
                                std::pair("by_customer", Scope::kByCustomer)};

struct MonthLayout {
  const char* name;
  IndexProfile indexes;
  bool daily;
};

constexpr std::array kLayouts = {
    MonthLayout{"seed", IndexProfile::kSeed, false}, MonthLayout{"lean", IndexProfile::kLean, false},
    MonthLayout{"lean_daily", IndexProfile::kLean, true}, MonthLayout{"append_daily", IndexProfile::kAppend, true}};

const std::vector<std::pair<std::string, Aggregate>>& Aggregates() {
  static const std::vector<std::pair<std::string, Aggregate>> aggregates = {{"count", Count()},
                                                                            {"sum", Sum("value")},
                                                                            {"decimal_sum", Sum("decimal_value")},
                                                                            {"property_sum", Sum(Property("ms"))},
                                                                            {"unique", UniqueCount(Property("path"))},
                                                                            {"max", Max("value")},
                                                                            {"latest", Latest("value")},
                                                                            {"weighted", WeightedSum("value")},
                                                                            {"p95", Percentile("value", 0.95)}};
  return aggregates;
}

// The tables, and what they have answered.
class Months {
 public:
  Months(const Settings& settings, Server& server) : server_(server), events_(settings.month_rows) {
    for (const MonthLayout& layout : kLayouts) Create(layout, settings.month_rows);
    server_.Checkpoint();
  }

  std::string TableOf(const MonthLayout& layout) const { return server_.InSchema(layout.name); }
  UsageQuery QueryOf(Scope scope, const Aggregate& aggregate) const;
  std::string FloatSql(const MonthLayout& layout, Scope scope) const;
  std::unique_ptr<Reader> OpenReader(const MonthLayout& layout) const;
  Server& server() { return server_; }

  /// Dies unless all layouts have given the same answer to the query of that name.
  void RequireSame(const std::string& query, const std::vector<UsageRow>& rows);

 private:
  void Create(const MonthLayout& layout, int rows);

  Server& server_;
  const UsageEvents events_;
  std::map<std::string, std::vector<UsageRow>> answers_;
};

void Months::Create(const MonthLayout& layout, int rows) {
  Layout wanted{.table = TableOf(layout), .indexes = layout.indexes};
  if (layout.daily) {
    wanted.partition_by = PartitionInterval::kDay;
    wanted.dedup = DedupScope::kPerTimestamp;
  }
  Must(ApplyLayout(server_.dsn(), wanted));
  WriterOptions options{.dsn = server_.dsn(), .table = TableOf(layout)};
  options.write_timeout = kLong;
  options.partitions.oldest = absl::InfiniteDuration();
  Fill(*OpenWriter(options), events_, static_cast<std::uint64_t>(rows), fmt::format("month/{}", layout.name));
  std::cerr << fmt::format("month/{}: VACUUM ANALYZE\n", layout.name);
  server_.session().Run("VACUUM ANALYZE " + TableOf(layout));
}

UsageQuery Months::QueryOf(Scope scope, const Aggregate& aggregate) const {
  const auto [from, to] = UsageEvents::Month();
  UsageQuery query{.organization_id = events_.organization(kOrganization),
                   .codes = {UsageEvents::code(0)},
                   .from = from,
                   .to = to,
                   .aggregate = aggregate};
  if (scope == Scope::kCustomer) query.customers = {events_.customer(kOrganization, kOneCustomer)};
  if (scope == Scope::kByCustomer) query.group_by = {GroupBy::Customer()};
  if (scope == Scope::kByDay) {
    query.bucket = Bucket::kDay;
    query.time_zone = "Europe/Paris";
  }
  return query;
}

// The sum as one would write it, in floating point.
std::string Months::FloatSql(const MonthLayout& layout, Scope scope) const {
  const auto [from, to] = UsageEvents::Month();
  const std::string where =
      fmt::format("FROM {} WHERE organization_id = '{}' AND code = '{}' AND timestamp >= '{}' AND timestamp < '{}'",
                  TableOf(layout), events_.organization(kOrganization).ToString(), UsageEvents::code(0),
                  absl::FormatTime(from, absl::UTCTimeZone()), absl::FormatTime(to, absl::UTCTimeZone()));
  switch (scope) {
    case Scope::kCustomer:
      return fmt::format("SELECT sum(value) {} AND external_customer_id = '{}'", where,
                         events_.customer(kOrganization, kOneCustomer));
    case Scope::kByDay:
      return fmt::format("SELECT date_trunc('day', timestamp, 'Europe/Paris'), sum(value) {} GROUP BY 1 ORDER BY 1",
                         where);
    case Scope::kByCustomer:
      break;
  }
  return fmt::format("SELECT external_customer_id, sum(value) {} GROUP BY 1 ORDER BY 1", where);
}

std::unique_ptr<Reader> Months::OpenReader(const MonthLayout& layout) const {
  ReaderOptions options;
  options.endpoints = {{.dsn = server_.dsn()}};
  options.table = TableOf(layout);
  return Must(Reader::Open(options));
}

void Months::RequireSame(const std::string& query, const std::vector<UsageRow>& rows) {
  const auto& answer = answers_.try_emplace(query, rows).first->second;
  if (rows.empty() || rows != answer) Die(query + ": the layouts have different answers, or none");
}

// Milliseconds that the query takes.
double MedianTime(const std::function<void()>& query) {
  Samples times;
  const absl::Time end = absl::Now() + kRepeat;
  do {
    times.Add(SecondsOf(query) * 1e3);
  } while (absl::Now() < end);
  return times.At(0.5);
}

void Ask(benchmark::State& state, Months& months, const MonthLayout& layout, Scope scope) {
  const auto reader = months.OpenReader(layout);
  const std::string sql = months.FloatSql(layout, scope);
  months.server().session().Query(sql, {});  // which brings the rows into memory, for all that follow
  double total = 0;
  for (const auto& [name, aggregate] : Aggregates()) {
    const UsageQuery query = months.QueryOf(scope, aggregate);
    std::vector<UsageRow> rows;
    const double took = MedianTime([&] { rows = Must(reader->Usage(query, {.timeout = kLong})); });
    months.RequireSame(fmt::format("{} {}", name, static_cast<int>(scope)), rows);
    state.counters[name] = took;
    total += took;
  }
  state.counters["float_sum"] = MedianTime([&] { months.server().session().Query(sql, {}); });
  state.counters["exact_to_float"] = state.counters["sum"] / state.counters["float_sum"];
  for (auto _ : state) state.SetIterationTime(total / 1e3);
}

}  // namespace

std::vector<Contender> MonthContenders(const Settings& settings, Server& server) {
  const auto months = std::make_shared<Months>(settings, server);
  std::vector<Contender> contenders;
  for (const auto& [scope_name, scope] : kScopes) {
    for (const MonthLayout& layout : kLayouts) {
      contenders.push_back(
          {fmt::format("month/{}/{}", scope_name, layout.name),
           [months, &layout, scope = scope](benchmark::State& state) { Ask(state, *months, layout, scope); }});
    }
  }
  return contenders;
}

}  // namespace bxb::bench::reader
