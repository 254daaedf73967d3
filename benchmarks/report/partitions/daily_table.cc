#include "report/partitions/daily_table.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "partitions/generator.h"
#include "support/parallel.h"
#include "support/report.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr std::size_t kBatches = 6;
constexpr int kConnections = 2;
constexpr int kRepeats = 15;

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = absl::FromUnixSeconds(1'735'689'600);  // 2025-01-01

double Median(std::vector<double> values) { return Summarize(std::move(values))->median; }

}  // namespace

DailyTable::DailyTable(Server& server, const Events& pool, std::size_t rows, int days)
    : server_(server),
      pool_(pool),
      days_(days),
      table_(server, fmt::format("days_{}", days), {days, kDay, kStart}, partitions::Indexes::kLean) {
  const EncodedEvents encoded = NextRows(rows, 0);
  server.session().Copy(CopySql(table_.root()), encoded.Tuples(0, encoded.size()));
  server.session().Run("ANALYZE " + table_.root());
}

// Each day gets a row in turn, from `first_day` on; random ids that were not there before.
EncodedEvents DailyTable::NextRows(std::size_t count, int first_day) {
  const partitions::Generator generator(pool_, partitions::Ids::kRandom, kStart, absl::ZeroDuration());
  partitions::Rows rows(generator, next_row_, count);
  next_row_ += count;
  for (std::size_t i = 0; i < count; ++i) {
    const int day = first_day + static_cast<int>(i % static_cast<std::size_t>(days_ - first_day));
    rows.All()[i].timestamp = table_.StartOf(day) + absl::Milliseconds(i);
  }
  return EncodedEvents(rows.All(), kBatchRows);
}

std::string DailyTable::UsageSql(absl::Time from) const {
  return fmt::format(
      "SELECT date_trunc('day', timestamp), sum(value) FROM {} WHERE organization_id = "
      "'00000000-0000-4000-8000-000000000000' AND code = 'api_calls' AND timestamp >= {} AND timestamp < {} GROUP BY 1",
      table_.root(), partitions::Literal(from), partitions::Literal(table_.StartOf(days_)));
}

// A new connection reads the catalog's entries of the partitions for its first plan; later ones have them.
void DailyTable::Plan(benchmark::State& state, const char* what, const std::string& sql) {
  Session session(server_.dsn());
  state.counters[fmt::format("{}_first_ms", what)] = partitions::PlanningMs(session, sql);
  std::vector<double> later;
  for (int i = 0; i < kRepeats; ++i) later.push_back(partitions::PlanningMs(session, sql));
  state.counters[fmt::format("{}_later_ms", what)] = Median(later);
}

// The statement alone, plan and all; nothing is committed.
void DailyTable::InsertOne(benchmark::State& state) {
  const std::string sql = fmt::format(
      "INSERT INTO {} (organization_id, transaction_id, external_customer_id, code, timestamp) VALUES "
      "(gen_random_uuid(), gen_random_uuid(), 'cust_1', 'api_calls', {})",
      table_.root(), partitions::Literal(table_.StartOf(days_) - absl::Hours(1)));
  Plan(state, "insert_plan", sql);
  Session session(server_.dsn());
  session.Run("BEGIN");
  state.counters["insert_first_ms"] = 1'000 * SecondsOf([&] { session.Run(sql); });
  std::vector<double> later;
  for (int i = 0; i < kRepeats; ++i) later.push_back(1'000 * SecondsOf([&] { session.Run(sql); }));
  state.counters["insert_later_ms"] = Median(later);
  session.Run("ROLLBACK");
}

// How fast rows are read, to compare planning with.
void DailyTable::Read(benchmark::State& state) {
  Session session(server_.dsn());
  session.Run("SET max_parallel_workers_per_gather = 0");
  const std::string sql = "SELECT sum(value) FROM " + table_.root();
  session.Value(sql);
  state.counters["read_us"] =
      1e6 * SecondsOf([&] { session.Value(sql); }) / static_cast<double>(server_.Count(table_.root()));
}

// Batches whose rows are of all days, and batches of the last day; each connection has had one of all days before.
void DailyTable::Copy(benchmark::State& state) {
  std::vector<Session> sessions = Connect(server_.dsn(), kConnections);
  const std::string sql = CopySql(table_.root());
  const std::int64_t before = server_.Count(table_.root());
  constexpr std::size_t kRows = kBatches * kBatchRows;
  for (Session& session : sessions) {
    const EncodedEvents first = NextRows(kBatchRows, 0);
    state.counters["copy_first_ms"] = 1'000 * SecondsOf([&] { session.Copy(sql, first.Tuples(0, kBatchRows)); });
  }
  const EncodedEvents all_days = NextRows(kRows, 0);
  MeasureWork(state, server_, kRows, [&] { CopyBatches(sessions, sql, all_days, kRows, kBatchRows); });
  const EncodedEvents last_day = NextRows(kRows, days_ - 1);
  const double seconds = SecondsOf([&] { CopyBatches(sessions, sql, last_day, kRows, kBatchRows); });
  state.counters["last_day_rows_per_s"] = static_cast<double>(kRows) / seconds;
  server_.RequireRows(table_.root(), static_cast<std::size_t>(before) + 2 * kRows + kConnections * kBatchRows);
}

void DailyTable::Measure(benchmark::State& state) {
  state.counters["partitions"] = days_;
  Plan(state, "day", UsageSql(table_.StartOf(days_ - 1)));
  Plan(state, "all", UsageSql(kStart));
  InsertOne(state);
  Read(state);
  Copy(state);
  state.counters["index_bytes"] =
      std::stod(server_.session().Value(
          fmt::format("SELECT sum(pg_indexes_size(relid)) FROM pg_partition_tree('{}') WHERE isleaf", table_.root()))) /
      static_cast<double>(server_.Count(table_.root()));
}

}  // namespace bxb::bench::report
