// How fast rows go into a table as it grows beyond memory, plain and in daily partitions.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bxb/schema.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "partitions/generator.h"
#include "partitions/memory_group.h"
#include "partitions/tables.h"
#include "report/decay_model.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr int kConnections = 2;
constexpr int kSteps = 40;
constexpr double kMemoryMb = 160;
constexpr double kSeconds = 65;
constexpr double kBillion = 1e9;
constexpr double kFittedShare = 0.7;
constexpr double kFirstSteps = 4;

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = absl::FromUnixSeconds(1'735'689'600);  // 2025-01-01

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) Die(result.status().ToString());
  return *std::move(result);
}

// Of the same shape at every scale: twice the memory takes twice the rows to outgrow.
std::size_t MemoryBytes(const Ground& ground) {
  return static_cast<std::size_t>(kMemoryMb * std::max(ground.scale, 0.8)) << 20;
}

// As many batches a step as keep both connections busy to its end.
std::size_t StepRows(const Ground& ground) { return (ground.Rows(60'000) + kBatchRows * kConnections - 1) / (kBatchRows * kConnections) * kBatchRows * kConnections; }

// A table on a server of its own, whose memory is bounded, page cache and all, where that can be done.
class Growing {
 public:
  Growing(const Ground& ground, const Layout& layout);

  /// Dies on errors; skips where the experiment's time is over.
  void Step(benchmark::State& state, const Events& pool);

 private:
  std::unique_ptr<Server> Start();
  void MakePartitions(std::size_t rows);

  const std::size_t memory_;
  const std::size_t step_rows_;
  const std::size_t day_rows_;
  std::unique_ptr<partitions::MemoryGroup> group_;  // goes when its processes have gone
  std::unique_ptr<testing::EphemeralPostgres> postgres_;
  std::unique_ptr<Server> server_;
  std::string table_;
  bool partitioned_;
  std::size_t rows_ = 0;
  std::size_t days_ = 1;
  std::vector<Session> sessions_;
};

std::unique_ptr<Server> Growing::Start() {
  postgres_ = Must(testing::EphemeralPostgres::Start(
      {.settings = {{"shared_buffers", fmt::format("{}kB", memory_ / 5 / 1'024)},
                    {"fsync", "on"},
                    {"max_wal_size", "32GB"},
                    {"checkpoint_timeout", "1d"},
                    {"autovacuum", "off"}}}));
  group_ = partitions::MemoryGroup::Make(memory_);
  if (group_) group_->Add(postgres_->pid());
  return std::make_unique<Server>(RunningServer{postgres_->dsn(), postgres_->pid(), postgres_->dir()}, "bench");
}

Growing::Growing(const Ground& ground, const Layout& layout)
    : memory_(MemoryBytes(ground)),
      step_rows_(StepRows(ground)),
      day_rows_(ground.Rows(100'000)),
      server_(Start()),
      table_(server_->InSchema(layout.table)),
      partitioned_(layout.partition_by.has_value()) {
  Layout named = layout;
  named.table = table_;
  named.ahead = 0;
  server_->session().Run(Must(LayoutDdl(named, kStart)));
  sessions_ = Connect(server_->dsn(), kConnections);
}

void Growing::MakePartitions(std::size_t rows) {
  if (!partitioned_) return;
  for (; days_ * day_rows_ < rows; ++days_) {
    const absl::Time from = kStart + kDay * static_cast<std::int64_t>(days_);
    server_->session().Run(fmt::format("CREATE TABLE {0}_day{1} PARTITION OF {0} FOR VALUES FROM ({2}) TO ({3})", table_,
                                       days_, partitions::Literal(from), partitions::Literal(from + kDay)));
  }
}

void Growing::Step(benchmark::State& state, const Events& pool) {
  const partitions::Generator generator(pool, partitions::Ids::kRandom, kStart, kDay / static_cast<std::int64_t>(day_rows_));
  const partitions::Rows fresh(generator, rows_, step_rows_);
  const EncodedEvents encoded(fresh.All());
  MakePartitions(rows_ + step_rows_);
  MeasureWork(state, *server_, step_rows_,
              [&] { CopyBatches(sessions_, CopySql(table_), encoded, step_rows_, kBatchRows); });
  rows_ += step_rows_;
  state.counters["rows"] = static_cast<double>(rows_);
  state.counters["memory_bytes"] = static_cast<double>(memory_);
  state.counters["bounded"] = group_ != nullptr;
  const std::string bytes = server_->session().Value(fmt::format(
      "SELECT coalesce((SELECT sum(pg_indexes_size(relid)) FROM pg_partition_tree('{0}') WHERE isleaf), pg_indexes_size('{0}'))",
      table_));
  state.counters["index_bytes"] = std::stod(bytes) / static_cast<double>(rows_);
}

struct Both {
  explicit Both(const Ground& ground)
      : pool(20'000),
        plain(ground, {.table = "plain"}),
        daily(ground, {.table = "daily", .partition_by = PartitionInterval::kDay, .dedup = DedupScope::kPerTimestamp}),
        end(std::chrono::steady_clock::now() + std::chrono::duration<double>(kSeconds * std::max(ground.scale, 0.5))) {}

  bool over() const { return std::chrono::steady_clock::now() > end; }

  Events pool;
  Growing plain;
  Growing daily;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>> end;
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status own = ground.RequirePrivateServer(); !own.ok()) return own;
  const auto both = std::make_shared<Both>(ground);
  std::vector<Contender> steps;
  const auto add = [&](const char* name, int step, Growing Both::*table) {
    steps.push_back({fmt::format("{}/{:02}", name, step),
                     [=](benchmark::State& state) {
                       if (both->over()) return state.SkipWithError("its time is over");
                       ((*both).*table).Step(state, both->pool);
                     },
                     /*once=*/true});
  };
  for (int step = 1; step <= kSteps; ++step) {
    add("plain", step, &Both::plain);
    add("daily", step, &Both::daily);
  }
  return steps;
}

}  // namespace

const Experiment kSize = {.name = "size",
                          .title = "Size",
                          .weight = 70,
                          .set_up = SetUp,
                          .tell = [](const Results&, Section&) {}};

}  // namespace bxb::bench::report
