// bxb beside what else gets rows into PostgreSQL: the same rows into the same table.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "report/experiments.h"
#include "report/peers/ground.h"
#include "support/chart.h"
#include "support/parallel.h"
#include "support/writing.h"

namespace bxb::bench::report {
namespace {

void Bxb(benchmark::State& state, PeerGround& ground, const std::string& table, int lanes) {
  WriterOptions options{.dsn = ground.server.dsn(), .table = table};
  options.lanes = lanes;
  options.batch_rows = kPeerBatchRows;
  const auto writer = OpenWriter(options);
  MeasureInto(state, ground.server, table, ground.rows, [&] {
    WriteAll(*writer, ground.events.All());
    FlushAll(*writer);
  });
}

void RawCopy(benchmark::State& state, PeerGround& ground, const std::string& table, const EncodedEvents& encoded,
             int connections) {
  std::vector<Session> sessions = Connect(ground.server.dsn(), connections);
  MeasureInto(state, ground.server, table, ground.rows,
              [&] { CopyBatches(sessions, CopySql(table), encoded, ground.rows, kPeerBatchRows); });
}

void Append(std::vector<Contender>& contenders, std::vector<Contender> others) {
  std::ranges::move(others, std::back_inserter(contenders));
}

// Those whose ratio has a target are close together in a round.
absl::StatusOr<std::vector<Contender>> SetUp(const Ground& report) {
  const auto ground = std::make_shared<PeerGround>(report);
  std::vector<Contender> contenders;
  const auto bxb = [&](std::string name, const std::string& table, int lanes) {
    contenders.push_back({std::move(name), [=](benchmark::State& state) { Bxb(state, *ground, table, lanes); }});
  };
  const auto raw_copy = [&](std::string name, const std::string& table, const EncodedEvents& encoded, int connections) {
    contenders.push_back({std::move(name), [=, &encoded](benchmark::State& state) {
                            RawCopy(state, *ground, table, encoded, connections);
                          }});
  };
  contenders.push_back(PsqlPeer(ground, "psql_copy", ground->dedup()));
  raw_copy("raw_copy/2", ground->dedup(), ground->encoded, 2);
  bxb("bxb/2", ground->dedup(), 2);
  Append(contenders, InsertPeers(ground));
  raw_copy("raw_copy_sorted/2", ground->dedup(), ground->encoded_sorted, 2);
  raw_copy("raw_copy/1", ground->dedup(), ground->encoded, 1);
  bxb("bxb/1", ground->dedup(), 1);
  Append(contenders, LibpqxxPeers(ground));
  Append(contenders, ProgramPeers(ground));
  contenders.push_back(PsqlPeer(ground, "seed/psql_copy", ground->seed()));
  bxb("seed/bxb/2", ground->seed(), 2);
  raw_copy("seed/raw_copy/2", ground->seed(), ground->encoded, 2);
  return contenders;
}

// What one who uses it gets, and does.
struct Peer {
  const char* contender;
  const char* title;
  int connections;
  const char* dedup;
  const char* answer;   ///< for each event
  const char* encodes;  ///< rows, while the clock runs
};

constexpr const char* kNoDedup = "no: a duplicate fails its batch";
constexpr const char* kOnConflict = "yes: ON CONFLICT";

constexpr std::array kPeersOfBxb = {
    Peer{"bxb/2", "bxb, 2 lanes", 2, "yes", "yes", "yes"},
    Peer{"bxb/1", "bxb, 1 lane", 1, "yes", "yes", "yes"},
    Peer{"raw_copy_sorted/2", "raw COPY, batches sorted by key", 2, kNoDedup, "no", "no"},
    Peer{"raw_copy/2", "raw COPY", 2, kNoDedup, "no", "no"},
    Peer{"raw_copy/1", "raw COPY", 1, kNoDedup, "no", "no"},
    Peer{"psql_copy", "psql \\copy, binary file", 1, "no: a duplicate fails all", "no", "no"},
    Peer{"staging", "COPY to staging, INSERT … SELECT", 2, kOnConflict, "no: a count", "no"},
    Peer{"unnest", "INSERT … SELECT FROM unnest", 2, kOnConflict, "no: a count", "its arrays"},
    Peer{"pipelined_insert", "libpq, pipelined INSERT", 2, kOnConflict, "yes", "no"},
    Peer{"pgbench", "pgbench, single INSERT", kPgbenchClients, kOnConflict, "yes", "the server makes them"},
    Peer{"libpqxx/2", "libpqxx stream_to", 2, kNoDedup, "no", "yes, as text"},
    Peer{"libpqxx/1", "libpqxx stream_to", 1, kNoDedup, "no", "yes, as text"},
    Peer{"pgx", "pgx CopyFrom", 2, kNoDedup, "no", "yes"},
    Peer{"timescaledb_parallel_copy", "timescaledb-parallel-copy", 2, kOnConflict, "no: a count", "splits CSV"},
    Peer{"adbc", "ADBC", 1, kNoDedup, "no", "yes"},
};

std::string WhyNot(const Measured& measured) {
  return measured.why_not.empty() ? "not run" : "not run: " + measured.why_not;
}

std::string RatioCell(const Results& results, const std::string& contender, const Peer& peer) {
  const Measured ratio = Ratio(results, contender, peer.contender, "rows_per_s");
  return ratio.figure && contender != peer.contender ? Format(*ratio.figure, Unit::kTimes) : "";
}

TextTable TableOfPeers(const Results& results) {
  TextTable table{.head = {"peer", "connections", "rows/s", "bxb / peer", "bxb, 1 lane / peer", "dedup",
                           "an answer per event", "rows encoded inside the clock"},
                  .rows = {}};
  for (const Peer& peer : kPeersOfBxb) {
    const Measured rate = Figure(results, peer.contender, "rows_per_s");
    table.rows.push_back(
        {peer.title, std::to_string(peer.connections),
         rate.figure ? Format(*rate.figure, Unit::kPerSecond) : WhyNot(rate), RatioCell(results, "bxb/2", peer),
         peer.connections == 1 ? RatioCell(results, "bxb/1", peer) : "", peer.dedup, peer.answer, peer.encodes});
  }
  return table;
}

Plot Bars(const Results& results) {
  BarChart chart{.title = "Rows into a table with a unique index",
                 .subtitle = "rows/s, median of the rounds; behind the comma: connections",
                 .bars = {},
                 .scale = Scale::kLinear};
  for (const Peer& peer : kPeersOfBxb) {
    const auto rate = results.Of(peer.contender, "rows_per_s");
    if (!rate) continue;
    const bool is_bxb = std::string_view(peer.contender).starts_with("bxb");
    chart.bars.push_back({.name = is_bxb ? peer.title : fmt::format("{}, {}", peer.title, peer.connections),
                          .value = rate->median,
                          .low = rate->min,
                          .high = rate->max,
                          .label = Format(rate->median, Unit::kPerSecond),
                          .emphasis = is_bxb});
  }
  std::ranges::sort(chart.bars, std::ranges::greater(), &BarChart::Bar::value);
  return {.name = "peers",
          .caption = "The same rows into the same table. Raw COPY and psql encode nothing and answer for no row.",
          .svg = chart.Svg()};
}

void AddTargets(const Results& results, Section& section) {
  const auto target = [&](std::string what, double limit, const char* contender, const char* other) {
    section.Target(std::move(what), Unit::kTimes, Bound::kAtLeast, limit,
                   Ratio(results, contender, other, "rows_per_s"));
  };
  target("bxb with dedup / raw COPY of the same batches", 0.95, "bxb/2", "raw_copy/2");
  target("bxb / psql \\copy, dedup index", 1.6, "bxb/2", "psql_copy");
  target("bxb / psql \\copy, seed schema", 2, "seed/bxb/2", "seed/psql_copy");
  for (const Peer& peer : kPeersOfBxb) {
    const bool is_bxb = std::string_view(peer.contender).starts_with("bxb");
    if (peer.dedup == kOnConflict && !is_bxb) target(fmt::format("bxb / {}", peer.title), 1, "bxb/2", peer.contender);
  }
}

void TellSeed(const Results& results, Section& section) {
  section.Text(
      "The seed schema is the table as bxb makes it: a primary key and three more indexes, which the server has to "
      "fill at the same time.");
  TextTable table{.head = {"seed schema", "connections", "rows/s", "bxb / peer"}, .rows = {}};
  constexpr std::array kRows = {Peer{.contender = "seed/bxb/2", .title = "bxb, 2 lanes", .connections = 2},
                                Peer{.contender = "seed/raw_copy/2", .title = "raw COPY", .connections = 2},
                                Peer{.contender = "seed/psql_copy", .title = "psql \\copy", .connections = 1}};
  for (const Peer& peer : kRows) {
    const Measured rate = Figure(results, peer.contender, "rows_per_s");
    table.rows.push_back({peer.title, std::to_string(peer.connections),
                          rate.figure ? Format(*rate.figure, Unit::kPerSecond) : WhyNot(rate),
                          RatioCell(results, "seed/bxb/2", peer)});
  }
  section.Add(std::move(table));
}

// What bounds bxb / psql where client and server share few cores: psql keeps one of them busy, and bxb can have no more
// than all.
void TellWhatBounds(const Results& results, Section& section) {
  const auto psql = results.Of("psql_copy", "rows_per_s");
  const auto client = results.Of("bxb/2", "client_us");
  const auto server = results.Of("bxb/2", "server_us");
  if (!psql || !client || !server) return;
  const unsigned cores = std::thread::hardware_concurrency();
  const double most = cores * 1e6 / (client->median + server->median);
  section.Text(fmt::format(
      "What stands in the way against psql: it keeps one process of the server busy, which has a core to itself; bxb's "
      "two share the cores with their client. A row takes {} of processor time here, {} of it the client's, so that {} "
      "cores can do no more than {}: {} of what psql does, with nobody ever waiting for the disk or for the other's "
      "pages.",
      Format((client->median + server->median) * 1e-6, Unit::kSeconds), Format(client->median * 1e-6, Unit::kSeconds),
      cores, Format(most, Unit::kPerSecond), Format(most / psql->median, Unit::kTimes)));
}

void Tell(const Results& results, Section& section) {
  AddTargets(results, section);
  section.Text(fmt::format(
      "Each inserts the same rows into the same empty table behind a checkpoint, with a commit that waits for the disk "
      "for every {} rows, and the rows are counted afterwards. The table has the unique index on the dedup key and no "
      "other; no row is there twice. Exceptions: psql \\copy is one transaction; pipelined INSERT commits every 500 "
      "rows, pgbench every row. These two insert a fifth and a twentieth of the rows, which favours them a little: "
      "their index stays small. Ratios are taken round by round.",
      Format(kPeerBatchRows, Unit::kCount)));
  section.Text(
      "Raw COPY in binary of rows that were encoded before is the ceiling: the client only sends. psql \\copy of a "
      "binary file is the floor of client work, on the one connection that it has. bxb takes events from one thread, "
      "checks, encodes, hashes and sorts them while the clock runs, and commits them by COPY; a batch that turns out "
      "to have a duplicate is written again with ON CONFLICT. Batches sorted by key are easier on the index, which is "
      "how bxb can come out ahead of raw COPY.");
  section.Add(TableOfPeers(results));
  section.Text(
      "An answer per event: one learns of each event whether it was inserted or was there before; a count of a batch's "
      "rows does not tell which. What the clock leaves out favours the others: staging, unnest and pipelined INSERT "
      "get fields that were encoded before it started (unnest makes its arrays of them inside); libpqxx gets C++ "
      "values (uuid, time and numeric as strings, since it knows no others), pgx Go values, ADBC Arrow arrays. "
      "timescaledb-parallel-copy splits a CSV file and leaves its fields to the server; it runs with "
      "--on-conflict-do-nothing. Programs are timed by their own clocks, which start behind their start-up. pgbench's "
      "rows have the same columns and about the same widths; SQL makes them of random numbers.");
  if (!results.contenders().empty()) section.Add(Bars(results));
  TellWhatBounds(results, section);
  TellSeed(results, section);
}

}  // namespace

const Experiment kPeers = {.name = "peers", .title = "bxb and its peers", .weight = 60, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
