#include "report/size/growing_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "partitions/generator.h"
#include "partitions/tables.h"
#include "support/must.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr int kConnections = 2;
constexpr double kMemoryMb = 96;

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = absl::FromUnixSeconds(1'735'689'600);  // 2025-01-01

// Of the same shape at every scale: twice the memory takes twice the rows to outgrow.
std::size_t MemoryBytes(const Ground& ground) {
  return static_cast<std::size_t>(kMemoryMb * std::max(ground.scale, 0.8)) << 20;
}

// As many batches a step as keep both connections busy to its end.
std::size_t StepRows(const Ground& ground) {
  return (ground.Rows(40'000) + kBatchRows * kConnections - 1) / (kBatchRows * kConnections) * kBatchRows *
         kConnections;
}

}  // namespace

std::unique_ptr<Server> GrowingTable::Start() {
  postgres_ =
      Must(testing::EphemeralPostgres::Start({.settings = {{"shared_buffers", fmt::format("{}kB", memory_ / 3 / 1'024)},
                                                           {"fsync", "on"},
                                                           {"max_wal_size", "32GB"},
                                                           {"checkpoint_timeout", "1d"},
                                                           {"autovacuum", "off"}}}));
  group_ = partitions::MemoryGroup::Make(memory_);
  if (group_) group_->Add(postgres_->pid());
  return std::make_unique<Server>(RunningServer{postgres_->dsn(), postgres_->pid(), postgres_->dir()}, "bench");
}

GrowingTable::GrowingTable(const Ground& ground, const Layout& layout)
    : memory_(MemoryBytes(ground)),
      step_rows_(StepRows(ground)),
      day_rows_(ground.Rows(60'000)),
      server_(Start()),
      table_(server_->InSchema(layout.table)),
      partitioned_(layout.partition_by.has_value()) {
  Layout named = layout;
  named.table = table_;
  named.ahead = 0;
  server_->session().Run(Must(LayoutDdl(named, kStart)));
  sessions_ = Connect(server_->dsn(), kConnections);
}

void GrowingTable::MakePartitions(std::size_t rows) {
  if (!partitioned_) return;
  for (; days_ * day_rows_ < rows; ++days_) {
    const absl::Time from = kStart + kDay * static_cast<std::int64_t>(days_);
    server_->session().Run(fmt::format("CREATE TABLE {0}_day{1} PARTITION OF {0} FOR VALUES FROM ({2}) TO ({3})",
                                       table_, days_, partitions::Literal(from), partitions::Literal(from + kDay)));
  }
}

void GrowingTable::Step(benchmark::State& state, const Events& pool) {
  const partitions::Generator generator(pool, partitions::Ids::kRandom, kStart,
                                        kDay / static_cast<std::int64_t>(day_rows_));
  const partitions::Rows fresh(generator, rows_, step_rows_);
  const EncodedEvents encoded(fresh.All());
  MakePartitions(rows_ + step_rows_);
  MeasureWork(state, *server_, step_rows_,
              [&] { CopyBatches(sessions_, CopySql(table_), encoded, step_rows_, kBatchRows); });
  rows_ += step_rows_;
  state.counters["rows"] = static_cast<double>(rows_);
  state.counters["memory_bytes"] = static_cast<double>(memory_);
  state.counters["bounded"] = group_ != nullptr;
  const std::string bytes =
      server_->session().Value(fmt::format("SELECT coalesce((SELECT sum(pg_indexes_size(relid)) FROM "
                                           "pg_partition_tree('{0}') WHERE isleaf), pg_indexes_size('{0}'))",
                                           table_));
  state.counters["index_bytes"] = std::stod(bytes) / static_cast<double>(rows_);
}

}  // namespace bxb::bench::report
