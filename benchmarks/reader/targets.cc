// What bench_reader prints in the end, and what it is held against.
#include "support/targets.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string>

#include "reader/ground.h"

namespace bxb::bench::reader {
namespace {

constexpr std::array kOverheadColumns = {
    Column{"libpq us", "direct_us", 10, 1},      Column{"reader us", "reader_us", 11, 1},
    Column{"more us", "more_us", 9, 1},          Column{"min .. max", "more_us", 18, 1, true},
    Column{"libpq p99", "direct_p99_us", 11, 1}, Column{"reader p99", "reader_p99_us", 12, 1},
    Column{"more p99", "more_p99_us", 10, 1}};

constexpr std::array kSpreadColumns = {Column{"reads/s", "rows_per_s", 10, 0},
                                       Column{"min .. max", "rows_per_s", 18, 0, true},
                                       Column{"p50 us", "p50_us", 9, 0},
                                       Column{"p99 us", "p99_us", 9, 0},
                                       Column{"primary %", "server0_percent", 11, 1},
                                       Column{"replica 1 %", "server1_percent", 13, 1},
                                       Column{"replica 2 %", "server2_percent", 13, 1}};

constexpr std::array kScanColumns = {Column{"rows/s", "rows_per_s", 12, 0},
                                     Column{"min .. max", "rows_per_s", 22, 0, true}};

// Two tables for the lag: what the cluster says, and what a reader sees of it.
constexpr std::array kLagColumns = {Column{"rows/s", "rows_per_s", 10, 0},
                                    Column{"p50 ms", "lag_p50_ms", 9, 1},
                                    Column{"p99 ms", "lag_p99_ms", 9, 1},
                                    Column{"min .. max", "lag_p99_ms", 18, 1, true},
                                    Column{"max ms", "lag_max_ms", 9, 1},
                                    Column{"p50 kB", "lag_p50_kb", 9, 0},
                                    Column{"p99 kB", "lag_p99_kb", 9, 0},
                                    Column{"max kB", "lag_max_kb", 9, 0},
                                    Column{"reads", "reads", 8, 0},
                                    Column{"read p50 ms", "read_p50_ms", 13, 1},
                                    Column{"read p99 ms", "read_p99_ms", 13, 1},
                                    Column{"min .. max", "read_p99_ms", 18, 1, true}};

constexpr std::array kLoadColumns = {Column{"rows/s", "rows_per_s", 10, 0},
                                     Column{"min .. max", "rows_per_s", 20, 0, true},
                                     Column{"queries", "queries", 9, 0}, Column{"query ms", "query_ms", 10, 1}};

constexpr std::array kMonthColumns = {Column{"count", "count", 9, 1},
                                      Column{"sum", "sum", 9, 1},
                                      Column{"min .. max", "sum", 18, 1, true},
                                      Column{"float sum", "float_sum", 11, 1},
                                      Column{"decimal", "decimal_sum", 9, 1},
                                      Column{"property", "property_sum", 10, 1},
                                      Column{"unique", "unique", 9, 1},
                                      Column{"max", "max", 9, 1},
                                      Column{"latest", "latest", 9, 1},
                                      Column{"weighted", "weighted", 10, 1},
                                      Column{"p95", "p95", 9, 1}};

struct PartTable {
  const char* prefix;
  const char* title;
  std::span<const Column> columns;
};

constexpr std::array kTables = {
    PartTable{"overhead/", "a query through libpq and through the reader", kOverheadColumns},
    PartTable{"spread/", "a small usage query, on 1 and 8 threads", kSpreadColumns},
    PartTable{"scan/", "a whole table", kScanColumns},
    PartTable{"lag/", "lag of the replicas by write rate, and reads of the last write from a replica", kLagColumns},
    PartTable{"load/", "the writer beside analytical queries", kLoadColumns},
    PartTable{"month/", "a month's usage, in milliseconds", kMonthColumns}};

// Of the parts that have run.
class Rows {
 public:
  Rows(const Results& results, Targets& targets) : results_(results), targets_(targets) {}

  void Value(const std::string& what, const std::string& contender, const char* metric, Bound bound, double limit) {
    if (const auto measured = results_.Of(contender, metric)) targets_.Row(what, measured, bound, limit);
  }

  void Ratio(const std::string& what, const std::string& contender, const std::string& other) {
    if (const auto ratio = results_.Ratio(contender, other, "rows_per_s")) targets_.Row(what, ratio, Bound::kShown, 1);
  }

 private:
  const Results& results_;
  Targets& targets_;
};

void PrintOverhead(Rows& rows) {
  for (const char* server : {"primary", "replica"}) {
    for (const char* query : {"tiny", "usage"}) {
      for (const char* bounds : {"any", "bounds"}) {
        const std::string what = fmt::format("{}/{}/{}", server, query, bounds);
        rows.Value(what + ": us more than libpq", "overhead/" + what, "more_us", Bound::kAtMost, 50);
      }
    }
  }
}

void PrintSpread(Rows& rows) {
  for (const char* policy : {"prefer_replica", "least_latency"}) {
    for (const int threads : {1, 8}) {
      rows.Ratio(fmt::format("{} / primary only, {} threads", policy, threads),
                 fmt::format("spread/{}/{}", policy, threads), fmt::format("spread/primary_only/{}", threads));
    }
  }
}

void PrintScan(Rows& rows) {
  for (const char* server : {"primary", "replica"}) {
    const std::string reader = fmt::format("scan/reader/{}", server);
    rows.Value(fmt::format("scan of the {}: rows/s", server), reader, "rows_per_s", Bound::kAtLeast, 500'000);
    rows.Ratio(fmt::format("scan of the {} / COPY without decoding", server), reader,
               fmt::format("scan/copy/{}", server));
  }
}

void PrintLoad(Rows& rows) {
  rows.Ratio("writer beside queries on a replica / alone", "load/replica_queries", "load/alone");
  rows.Ratio("writer beside queries on the primary / alone", "load/primary_queries", "load/alone");
}

void PrintMonth(Rows& rows) {
  for (const char* scope : {"customer", "by_day", "by_customer"}) {
    for (const char* layout : {"seed", "lean", "lean_daily", "append_daily"}) {
      rows.Value(fmt::format("{}, {}: exact sum / float sum, time", scope, layout),
                 fmt::format("month/{}/{}", scope, layout), "exact_to_float", Bound::kShown, 1);
    }
  }
}

}  // namespace

void PrintReaderTargets(const Results& results, std::ostream& out) {
  for (const auto& [prefix, title, columns] : kTables) {
    results.Print(out, columns, prefix, title);
  }
  Targets targets(out);
  Rows rows(results, targets);
  PrintOverhead(rows);
  PrintSpread(rows);
  PrintScan(rows);
  PrintLoad(rows);
  PrintMonth(rows);
}

}  // namespace bxb::bench::reader
