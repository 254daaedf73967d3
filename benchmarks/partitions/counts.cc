// What the number of partitions costs: planning, inserting, merging, reading the partition map.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "partitions/ground.h"
#include "partitions/tables.h"
#include "support/parallel.h"
#include "support/writing.h"

namespace bxb::bench::partitions {
namespace {

// Months, weeks, days of a year; days of five and a half years.
constexpr std::array kCuts = {std::pair(12, 30), std::pair(52, 7), std::pair(365, 1), std::pair(2'000, 1)};

// Small enough for what each batch costs by itself to be seen.
constexpr std::size_t kSmallBatch = 1'000;
constexpr std::size_t kRowsEverywhere = 20'000;
constexpr int kPlans = 21;

// One of the tables, with some rows in each of its partitions, and the rows that its last one is to get.
class CountedTable {
 public:
  CountedTable(const Ground& ground, int leaves, int days_each);

  const PartitionedTable& table() const { return table_; }
  const EncodedEvents& encoded() const { return *encoded_; }

  /// Usage of one organization over the last so many days.
  std::string UsageSql(int days) const;

 private:
  void FillEverywhere(const Ground& ground);

  PartitionedTable table_;
  absl::Time end_;
  std::unique_ptr<EncodedEvents> encoded_;
};

CountedTable::CountedTable(const Ground& ground, int leaves, int days_each)
    : table_(ground.server, fmt::format("cut_{}", leaves), {leaves, kDay * days_each, kStart}, Indexes::kLean),
      end_(table_.StartOf(leaves)) {
  const auto rows = static_cast<std::size_t>(ground.settings.count_rows);
  const Rows last({ground.events, Ids::kRandom, end_ - kDay, absl::Milliseconds(1)}, 0, rows);
  encoded_ = std::make_unique<EncodedEvents>(last.All(), kSmallBatch);
  FillEverywhere(ground);
}

void CountedTable::FillEverywhere(const Ground& ground) {
  const absl::Duration step = (end_ - kStart) / static_cast<std::int64_t>(kRowsEverywhere);
  const Rows some({ground.events, Ids::kRandom, kStart, step}, 0, kRowsEverywhere);
  const EncodedEvents encoded(some.All());
  ground.server.session().Copy(CopySql(table_.root()), encoded.Tuples(0, encoded.size()));
  ground.server.session().Run("ANALYZE " + table_.root());
}

std::string CountedTable::UsageSql(int days) const {
  return fmt::format(
      "SELECT date_trunc('day', timestamp), sum(value) FROM {} WHERE organization_id = "
      "'00000000-0000-4000-8000-000000000000' AND code = 'api_calls' AND timestamp >= {} AND timestamp < {} GROUP BY 1",
      table_.root(), Literal(end_ - kDay * days), Literal(end_));
}

// All of them; made when the first run asks for one.
class CountedTables {
 public:
  explicit CountedTables(const Ground& ground) : ground_(ground) {}

  const CountedTable& At(std::size_t cut) {
    if (!tables_[cut]) {
      const auto [leaves, days_each] = kCuts[cut];
      std::cerr << fmt::format("making {} partitions\n", leaves);
      tables_[cut] = std::make_unique<CountedTable>(ground_, leaves, days_each);
    }
    return *tables_[cut];
  }

  const Ground& ground() const { return ground_; }

 private:
  const Ground& ground_;
  std::array<std::unique_ptr<CountedTable>, kCuts.size()> tables_;
};

void TimeOnly(benchmark::State& state, const std::function<void()>& work) {
  for (auto _ : state) state.SetIterationTime(SecondsOf(work));
}

// A new connection's first plan reads the partitions' catalog entries; later ones have them.
void Plan(benchmark::State& state, const CountedTable& counted, const Ground& ground, int days) {
  Session session(ground.server.dsn());
  const std::string sql = counted.UsageSql(days);
  std::vector<double> later;
  double first = 0;
  TimeOnly(state, [&] {
    first = PlanningMs(session, sql);
    for (int i = 0; i < kPlans; ++i) later.push_back(PlanningMs(session, sql));
  });
  std::ranges::nth_element(later, later.begin() + kPlans / 2);
  state.counters["first_ms"] = first;
  state.counters["later_ms"] = later[kPlans / 2];
}

void PlanDay(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  Plan(state, counted, ground, 1);
}

void PlanMonth(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  Plan(state, counted, ground, 30);
}

// On new connections, so that what they have to learn about the table is counted too.
void CopyLast(benchmark::State& state, const CountedTable& counted, const Ground& ground, const std::string& sql) {
  std::vector<Session> sessions = Connect(ground.server.dsn(), kConnections);
  const EncodedEvents& encoded = counted.encoded();
  double first = 0;
  MeasureInto(state, ground.server, counted.table().last_leaf(), encoded.size(), [&] {
    first = SecondsOf([&] { sessions.front().Copy(sql, encoded.Tuples(0, kSmallBatch)); });
    std::atomic<std::size_t> next = kSmallBatch;
    InParallel(sessions, [&](Session& session) {
      for (std::size_t begin; (begin = next.fetch_add(kSmallBatch)) < encoded.size();) {
        session.Copy(sql, encoded.Tuples(begin, begin + kSmallBatch));
      }
    });
  });
  state.counters["first_ms"] = first * 1000;
}

void CopyRoot(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  CopyLast(state, counted, ground, CopySql(counted.table().root()));
}

void CopyLeaf(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  CopyLast(state, counted, ground, CopySql(counted.table().last_leaf()));
}

void MergeRoot(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  CopyLast(state, counted, ground, MergeSql(counted.table().root()));
}

void MergeLeaf(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  CopyLast(state, counted, ground, MergeSql(counted.table().last_leaf()));
}

// It reads the partition map.
void Open(benchmark::State& state, const CountedTable& counted, const Ground& ground) {
  WriterOptions options{.dsn = ground.server.dsn(), .table = counted.table().root()};
  options.partitions.create = false;
  TimeOnly(state, [&] { state.counters["first_ms"] = 1000 * SecondsOf([&] { OpenWriter(options); }); });
}

}  // namespace

std::vector<Contender> CountContenders(const Ground& ground) {
  const auto tables = std::make_shared<CountedTables>(ground);
  std::vector<Contender> contenders;
  for (std::size_t cut = 0; cut < kCuts.size(); ++cut) {
    const auto add = [&](const char* name, auto run) {
      contenders.push_back(
          {fmt::format("counts/{}/{}", name, kCuts[cut].first),
           [tables, run, cut](benchmark::State& state) { run(state, tables->At(cut), tables->ground()); }});
    };
    add("plan_day", PlanDay);
    add("plan_month", PlanMonth);
    add("copy_root", CopyRoot);
    add("copy_leaf", CopyLeaf);
    add("merge_root", MergeRoot);
    add("merge_leaf", MergeLeaf);
    add("open", Open);
  }
  return contenders;
}

}  // namespace bxb::bench::partitions
