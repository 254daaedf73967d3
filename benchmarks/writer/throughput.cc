// How many rows a second get into the table: bxb's writer, and what it is measured against.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/internal/copy_format.h"
#include "support/parallel.h"
#include "support/program.h"
#include "support/writing.h"
#include "writer/ground.h"

namespace bxb::bench::writer {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr int kConnections = 2;

std::size_t RowsFor(const Ground& ground, Table table) {
  return table == Table::kDedup ? ground.settings.dedup_rows : ground.settings.seed_rows;
}

// The ceiling: bytes that were encoded before, in batches of the writer's size, one message and one commit each.
void CopyEncoded(benchmark::State& state, const Ground& ground, Table table, const EncodedEvents& encoded) {
  const std::size_t rows = RowsFor(ground, table);
  std::vector<Session> sessions = Connect(ground.server.dsn(), kConnections);
  const std::string sql = CopySql(ground.server.NameOf(table));
  MeasureRows(state, ground.server, table, rows, [&] { CopyBatches(sessions, sql, encoded, rows, kBatchRows); });
}

void RawCopy(benchmark::State& state, const Ground& ground, Table table) {
  CopyEncoded(state, ground, table, ground.encoded);
}

void RawCopySorted(benchmark::State& state, const Ground& ground, Table table) {
  CopyEncoded(state, ground, table, ground.encoded_sorted);
}

void EndToEnd(benchmark::State& state, const Ground& ground, Table table) {
  const std::size_t rows = RowsFor(ground, table);
  WriterOptions options{.dsn = ground.server.dsn(), .table = ground.server.NameOf(table)};
  options.lanes = kConnections;
  options.batch_rows = kBatchRows;
  const auto writer = OpenWriter(options);
  MeasureRows(state, ground.server, table, rows, [&] {
    WriteAll(*writer, ground.events.First(rows));
    FlushAll(*writer);
  });
}

void SingleInserts(benchmark::State& state, const Ground& ground, int connections) {
  const std::size_t rows = ground.settings.insert_rows * (connections == 1 ? 1 : 4);
  std::vector<Session> sessions = Connect(ground.server.dsn(), connections);
  for (Session& session : sessions) {
    session.Prepare("put", fmt::format("INSERT INTO {} ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
                                       ground.server.NameOf(Table::kDedup), kColumns));
  }
  MeasureRows(state, ground.server, Table::kDedup, rows, [&] {
    std::atomic<std::size_t> next = 0;
    InParallel(sessions, [&](Session& session) {
      for (std::size_t i; (i = next.fetch_add(1)) < rows;) session.Execute("put", ground.encoded.Tuple(i));
    });
  });
}

// psql's own clock, so that starting it is not counted.
absl::StatusOr<double> PsqlSeconds(const std::string& dsn, const std::string& copy) {
  const ProgramDsn server = ForPrograms(dsn);
  std::vector<std::string> environment = server.environment;
  environment.emplace_back("LC_ALL=C");
  const auto output =
      RunProgram({"psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", server.dsn, "-c", "\\timing on", "-c", copy},
                 absl::Minutes(2), environment);
  if (!output.ok()) return output.status();
  constexpr std::string_view kTime = "Time: ";
  const std::size_t found = output->rfind(kTime);
  if (found == std::string::npos) return absl::InternalError("psql told no time");
  return std::strtod(output->c_str() + found + kTime.size(), nullptr) / 1000;
}

// What somebody would do by hand: one transaction, no answer for a row. Not run where there is no psql.
void PsqlCopy(benchmark::State& state, const Ground& ground, Table table) {
  const std::size_t rows = RowsFor(ground, table);
  const std::string file = std::filesystem::temp_directory_path() / fmt::format("bxb_bench_{}.copy", getpid());
  std::ofstream(file, std::ios::binary) << internal::kCopyHeader << ground.encoded.Tuples(0, rows)
                                        << internal::kCopyTrailer;
  ground.server.Clear();
  const auto seconds = PsqlSeconds(ground.server.dsn(), fmt::format("\\copy {}({}) from '{}' (format binary)",
                                                                    ground.server.NameOf(table), kColumns, file));
  for (auto _ : state) state.SetIterationTime(seconds.value_or(0));
  std::filesystem::remove(file);
  if (!seconds.ok()) return state.SkipWithError(std::string(seconds.status().message()).c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

}  // namespace

std::vector<Contender> ThroughputContenders(const Ground& ground) {
  std::vector<Contender> all;
  const auto add = [&](const char* name, auto run, auto argument) {
    all.push_back({name, [&ground, run, argument](benchmark::State& state) { run(state, ground, argument); }});
  };
  add("raw_copy/dedup", RawCopy, Table::kDedup);
  add("writer/dedup", EndToEnd, Table::kDedup);
  add("raw_copy_sorted/dedup", RawCopySorted, Table::kDedup);
  add("psql_copy/dedup", PsqlCopy, Table::kDedup);
  add("raw_copy/seed", RawCopy, Table::kSeed);
  add("writer/seed", EndToEnd, Table::kSeed);
  add("psql_copy/seed", PsqlCopy, Table::kSeed);
  add("insert/1", SingleInserts, 1);
  add("insert/8", SingleInserts, 8);
  add("insert/32", SingleInserts, 32);
  return all;
}

std::string FastestInsert(const Results& results) {
  std::string fastest = "insert/1";
  for (const std::string name : {"insert/8", "insert/32"}) {
    const auto rate = results.Of(name, "rows_per_s");
    const auto best = results.Of(fastest, "rows_per_s");
    if (rate && (!best || rate->median > best->median)) fastest = name;
  }
  return fastest;
}

}  // namespace bxb::bench::writer
