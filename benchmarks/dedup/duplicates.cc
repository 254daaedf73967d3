// Rows of which some are in the table already, put there by somebody else: bxb's writer, and what one would write
// by hand.
#include <fmt/format.h>

#include <string>

#include "dedup/ground.h"
#include "support/parallel.h"
#include "support/writing.h"

namespace bxb::bench::dedup {
namespace {

void InsertBefore(const Ground& ground, std::size_t duplicates) {
  ground.server.Clear();
  std::string tuples;
  for (const std::size_t row : RandomNumbers(duplicates, ground.encoded.size())) tuples += ground.encoded.Tuple(row);
  ground.server.session().Copy(CopySql(ground.server.NameOf(Table::kDedup)), tuples);
  ground.server.Checkpoint();
}

void RequireAllStored(const Ground& ground) {
  ground.server.RequireRows(ground.server.NameOf(Table::kDedup), ground.settings.rows);
}

// One message and one transaction a batch, of rows that were encoded and sorted before.
void Staging(benchmark::State& state, const Ground& ground, Share share) {
  const std::string sql = MergeSql(ground.server.NameOf(Table::kDedup));
  const std::size_t rows = ground.settings.rows;
  InsertBefore(ground, share.Of(rows));
  std::vector<Session> sessions = Connect(ground.server.dsn(), kConnections);
  MeasureWork(state, ground.server, rows, [&] { CopyBatches(sessions, sql, ground.encoded, rows, kBatchRows); });
  RequireAllStored(ground);
}

void ReportStats(benchmark::State& state, const WriterStats& stats, std::size_t duplicates) {
  if (stats.duplicates != duplicates) Die(fmt::format("{} duplicates instead of {}", stats.duplicates, duplicates));
  state.counters["merges"] = static_cast<double>(stats.merges);
  state.counters["conflicts"] = static_cast<double>(stats.conflicts);
  state.counters["conflict_rate"] = stats.conflict_rate;
}

void Write(benchmark::State& state, const Ground& ground, Share share) {
  const std::size_t rows = ground.settings.rows;
  InsertBefore(ground, share.Of(rows));
  WriterOptions options{.dsn = ground.server.dsn(), .table = ground.server.NameOf(Table::kDedup)};
  options.lanes = kConnections;
  options.batch_rows = kBatchRows;
  const auto writer = OpenWriter(options);
  MeasureWork(state, ground.server, rows, [&] {
    WriteAll(*writer, ground.events.First(rows));
    FlushAll(*writer);
  });
  RequireAllStored(ground);
  ReportStats(state, writer->stats(), share.Of(rows));
}

}  // namespace

std::vector<Contender> DuplicateContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, auto run, Share share) {
    contenders.push_back({fmt::format("duplicates/{}/{}", name, share.percent),
                          [&ground, run, share](benchmark::State& state) { run(state, ground, share); }});
  };
  for (const Share share : kDuplicateShares) {
    add("writer", Write, share);
    add("staging", Staging, share);
  }
  return contenders;
}

}  // namespace bxb::bench::dedup
