// What single-row INSERTs and small transactions reach, with a commit for each.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pq/deadline.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/cpu_time.h"
#include "support/parallel.h"
#include "support/writing.h"
#include "testing/account.h"
#include "testing/process.h"
#include "testing/server_binaries.h"

namespace bxb::bench::report {
namespace {

constexpr int kPgbenchScale = 10;
constexpr int kPgbenchThreads = 2;
constexpr absl::Duration kPgbenchTimeout = absl::Minutes(5);

struct Inserting {
  explicit Inserting(const Ground& ground)
      : server(ground.server, ground.schema),
        seconds(std::clamp(ground.scale, 0.3, 10.0)),
        events(ground.Rows(200'000)),
        encoded(events.All()) {}

  Server server;
  double seconds;  ///< that single rows are inserted for: disks differ too much for a number of rows
  Events events;
  EncodedEvents encoded;
};

// Rows until the time is up; returns how many.
std::size_t InsertFor(double seconds, std::vector<Session>& sessions, const EncodedEvents& encoded) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> inserted = 0;
  InParallel(sessions, [&](Session& session) {
    for (std::size_t i; std::chrono::steady_clock::now() < end && (i = next.fetch_add(1)) < encoded.size();) {
      session.Execute("put", encoded.Tuple(i));
      ++inserted;
    }
  });
  return inserted;
}

void SingleInserts(benchmark::State& state, Inserting& inserting, Table table, int connections) {
  Server& server = inserting.server;
  std::vector<Session> sessions = Connect(server.dsn(), connections);
  for (Session& session : sessions) {
    session.Prepare(
        "put", fmt::format("INSERT INTO {} ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)", server.NameOf(table), kColumns));
  }
  server.Clear();
  const CpuTime cpu(server);
  std::size_t rows = 0;
  for (auto _ : state) {
    state.SetIterationTime(SecondsOf([&] { rows = InsertFor(inserting.seconds, sessions, inserting.encoded); }));
  }
  cpu.Report(state, rows);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  server.RequireRows(server.NameOf(table), rows);
}

void Bxb(benchmark::State& state, Inserting& inserting, Table table) {
  const std::span<const Event> events = inserting.events.All();
  WriterOptions options{.dsn = inserting.server.dsn(), .table = inserting.server.NameOf(table)};
  options.lanes = 2;
  const auto writer = OpenWriter(options);
  MeasureRows(state, inserting.server, table, events.size(), [&] {
    WriteAll(*writer, events);
    FlushAll(*writer);
  });
}

absl::StatusOr<std::string> RunPgbench(std::vector<std::string> program, std::initializer_list<std::string> arguments) {
  program.insert(program.end(), arguments);
  return testing::Run(program, testing::Account::Own(), pq::After(kPgbenchTimeout));
}

// The server's own, else the one in $PATH.
absl::StatusOr<std::vector<std::string>> FindPgbench() {
  const absl::StatusOr<std::string> folder = testing::FindServerBinaries("");
  std::vector<std::vector<std::string>> programs = {{"/usr/bin/env", "pgbench"}};
  if (folder.ok()) programs.insert(programs.begin(), {*folder + "/pgbench"});
  for (const std::vector<std::string>& program : programs) {
    if (RunPgbench(program, {"--version"}).ok()) return program;
  }
  return absl::NotFoundError(
      "pgbench is not installed: it comes with PostgreSQL's server package (Debian, Ubuntu: postgresql; Fedora: "
      "postgresql-contrib)");
}

// Its tables, in the experiment's schema.
struct Pgbench {
  std::vector<std::string> program;
  std::string dsn;
};

// On a user's server it stays away: it drops tables that are called as its own.
absl::StatusOr<Pgbench> SetUpPgbench(const Ground& ground) {
  if (absl::Status status = ground.RequirePrivateServer(); !status.ok()) return status;
  const absl::StatusOr<std::vector<std::string>> program = FindPgbench();
  if (!program.ok()) return program.status();
  const Pgbench pgbench = {*program, fmt::format("{} options='-c search_path={}'", ground.server.dsn, ground.schema)};
  const absl::StatusOr<std::string> output =
      RunPgbench(*program, {"-i", "-q", "-I", "dtGvp", "-s", std::to_string(kPgbenchScale), pgbench.dsn});
  if (!output.ok()) return output.status();
  return pgbench;
}

double NumberBehind(const std::string& output, std::string_view title) {
  const std::size_t at = output.find(title);
  return at == std::string::npos ? 0 : std::strtod(output.c_str() + at + title.size(), nullptr);
}

void Transactions(benchmark::State& state, Inserting& inserting, const absl::StatusOr<Pgbench>& pgbench, int clients) {
  if (!pgbench.ok()) return state.SkipWithError(std::string(pgbench.status().message()).c_str());
  inserting.server.Checkpoint();
  const int seconds = std::max(2, static_cast<int>(std::ceil(inserting.seconds)));
  const absl::StatusOr<std::string> output =
      RunPgbench(pgbench->program, {"-N", "-v", "-M", "prepared", "-c", std::to_string(clients), "-j",
                                    std::to_string(kPgbenchThreads), "-T", std::to_string(seconds), pgbench->dsn});
  if (!output.ok()) return state.SkipWithError(std::string(output.status().message()).c_str());
  const double transactions = NumberBehind(*output, "actually processed: ");
  for (auto _ : state) state.SetIterationTime(transactions / NumberBehind(*output, "tps = "));
  state.SetItemsProcessed(static_cast<std::int64_t>(transactions));
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto inserting = std::make_shared<Inserting>(ground);
  const absl::StatusOr<Pgbench> pgbench = SetUpPgbench(ground);
  std::vector<Contender> contenders;
  const auto insert = [&](const char* name, Table table, int connections) {
    contenders.push_back({fmt::format("{}/{}", name, connections),
                          [=](benchmark::State& state) { SingleInserts(state, *inserting, table, connections); }});
  };
  for (const int connections : {1, 8, 32}) insert("insert, dedup index", Table::kDedup, connections);
  for (const int connections : {8, 32}) insert("insert, four B-trees", Table::kSeed, connections);
  for (const int clients : {8, 32}) {
    contenders.push_back({fmt::format("pgbench -N/{}", clients),
                          [=](benchmark::State& state) { Transactions(state, *inserting, pgbench, clients); }});
  }
  contenders.push_back({"bxb, dedup index/2", [=](benchmark::State& state) { Bxb(state, *inserting, Table::kDedup); }});
  contenders.push_back({"bxb, four B-trees/2", [=](benchmark::State& state) { Bxb(state, *inserting, Table::kSeed); }});
  return contenders;
}

// The figure of the number of connections that suits this machine.
Measured Best(const Results& results, const std::string& name, std::initializer_list<int> connections) {
  Measured best;
  for (const int count : connections) {
    Measured measured = Figure(results, fmt::format("{}/{}", name, count), "rows_per_s");
    if (!best.figure || (measured.figure && measured.figure->median > best.figure->median)) best = std::move(measured);
  }
  return best;
}

Plot Bars(const Results& results) {
  BarChart chart{.title = "A commit for each row, or for a batch",
                 .subtitle = "rows/s, or transactions/s; behind the slash: connections",
                 .bars = {},
                 .scale = Scale::kLog};
  for (const std::string& contender : results.contenders()) {
    const std::optional<Summary> rate = results.Of(contender, "rows_per_s");
    if (!rate) continue;
    chart.bars.push_back({.name = contender,
                          .value = rate->median,
                          .low = rate->min,
                          .high = rate->max,
                          .label = Format(rate->median, Unit::kPerSecond),
                          .emphasis = contender.starts_with("bxb")});
  }
  return {
      .name = "insert",
      .caption = "Single rows, small transactions, and bxb's batches into the same tables. The scale is logarithmic.",
      .svg = chart.Svg()};
}

void Tell(const Results& results, Section& section) {
  section.Claim(1, "single-row INSERTs, a unique index on the dedup key; the best of 1, 8 and 32 connections",
                {10'000, 10'000}, Unit::kPerSecond, Best(results, "insert, dedup index", {1, 8, 32}));
  section.Claim(1, "the same, four B-trees; the best of 8 and 32 connections", {5'000, 7'000}, Unit::kPerSecond,
                Best(results, "insert, four B-trees", {8, 32}));
  section.Claim(1, "ACID transactions: pgbench's simple-update; the best of 8 and 32 clients", {10'000, 11'000},
                Unit::kPerSecond, Best(results, "pgbench -N", {8, 32}));
  section.Text(
      "A prepared INSERT for each row and a commit for each, for the same time on each number of connections, into "
      "an empty table, behind a checkpoint. The four B-trees are the primary key on the id, the dedup key, "
      "(organization_id, code, timestamp) and (external_customer_id, timestamp). Every commit waits for the disk, "
      "but commits that come together share a wait: with one connection the disk's flush decides, with many the "
      "cores. The field's figures stand for a disk and a number of cores that it does not tell.");
  section.Text(fmt::format(
      "pgbench -N -M prepared -j {} at scale {} (a million accounts): an update, a select and an insert in each "
      "transaction, five round trips in all. Behind a checkpoint each page that is updated goes into the log as a "
      "whole once, which a longer run spreads over more transactions.",
      kPgbenchThreads, kPgbenchScale));
  section.Text(
      "bxb writes the same events into the same tables, with two connections; each event is acknowledged once its "
      "batch is committed.");
  section.Add(TableOf(results, "", "what / connections",
                      {{"rows/s, transactions/s", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"server's CPU per row", "server_us", Unit::kSeconds, 1e-6}}));
  if (!results.contenders().empty()) section.Add(Bars(results));
}

}  // namespace

const Experiment kInsert = {
    .name = "insert", .title = "Single rows and small transactions", .weight = 40, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
