// Many clients, each with a connection of its own to the server or to PgBouncer in transaction mode: transactions a
// second and their latency, what connecting costs, and the memory of a client that does nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reader/samples.h"
#include "report/experiments.h"
#include "report/pooling/memory.h"
#include "report/pooling/pgbouncer.h"
#include "support/chart.h"
#include "support/parallel.h"
#include "support/writing.h"

namespace bxb::bench::report {
namespace {

using reader::Samples;
using Clock = std::chrono::steady_clock;

// Each takes a process of the server, or next to nothing in PgBouncer.
constexpr int kIdleDirect = 100;
constexpr int kIdlePooled = 500;
constexpr int kConnects = 150;

struct Pooling {
  Pooling(const Ground& ground, std::string pgbouncer)
      : program(std::move(pgbouncer)),
        seconds(std::min(0.7 * ground.scale, 5.0)),
        events(ground.Rows(150'000)),
        server("", {{"max_connections", "700"}}) {}

  std::string InsertSql() {
    const int number = next++;
    return fmt::format(
        "INSERT INTO {}({}) VALUES "
        "('00000000-0000-4000-8000-{:012}','txn_{:012}',now(),'cust_000001','api_calls','{{\"region\":\"eu-west-1\","
        "\"status\":200}}',1,1)",
        server.NameOf(Table::kDedup), kColumns, number % 200, number);
  }

  std::string program;
  double seconds;  ///< with each number of clients
  Events events;
  Server server;
  std::atomic<int> next = 0;
};

// What a contender is given: the way to the server, and who stands there.
struct Way {
  std::string dsn;
  pid_t pooler = 0;  ///< none where it is direct
};

void Insert(benchmark::State& state, Pooling& pooling, const Way& way, int clients) {
  std::vector<Session> sessions = Connect(way.dsn, clients);
  InParallel(sessions, [&](Session& session) { session.Run(pooling.InsertSql()); });
  Samples all;
  std::mutex mutex;
  for (auto _ : state) {
    const auto end = Clock::now() + std::chrono::duration<double>(pooling.seconds);
    state.SetIterationTime(SecondsOf([&] {
      InParallel(sessions, [&](Session& session) {
        Samples own;
        while (Clock::now() < end) own.Add(SecondsOf([&] { session.Run(pooling.InsertSql()); }));
        const std::lock_guard lock(mutex);
        all.Add(own);
      });
    }));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(all.size()));
  state.counters["p50_ms"] = all.At(0.5) * 1e3;
  state.counters["p99_ms"] = all.At(0.99) * 1e3;
  pooling.server.RequireRows(pooling.server.NameOf(Table::kDedup), all.size() + sessions.size());
}

// A client that connects for each query, one after the other.
void ConnectEachTime(benchmark::State& state, Pooling& /*pooling*/, const Way& way) {
  Session(way.dsn).Value("SELECT 1");
  Samples times;
  for (auto _ : state) {
    state.SetIterationTime(SecondsOf([&] {
      for (int i = 0; i < kConnects; ++i) times.Add(SecondsOf([&] { Session(way.dsn).Value("SELECT 1"); }));
    }));
  }
  state.SetItemsProcessed(kConnects);
  state.counters["p50_ms"] = times.At(0.5) * 1e3;
  state.counters["p99_ms"] = times.At(0.99) * 1e3;
}

// What clients add to the server, or to the pooler, when all have made one transaction at once and go on to do nothing.
void Idle(benchmark::State& state, Pooling& pooling, const Way& way) {
  const auto memory = [&] {
    return way.pooler != 0 ? MemoryOf(way.pooler) : MemoryOfServer(pooling.server.running().pid);
  };
  const int clients = way.pooler != 0 ? kIdlePooled : kIdleDirect;
  const double before = memory();
  if (before == 0) return state.SkipWithError("/proc does not tell the memory of the server's processes");
  for (auto _ : state) {
    std::vector<Session> sessions;
    state.SetIterationTime(SecondsOf([&] { sessions = Connect(way.dsn, clients); }));
    InParallel(sessions, [&](Session& session) { session.Run(pooling.InsertSql()); });
    state.counters["client_bytes"] = (memory() - before) / clients;
  }
}

void WriteEvents(benchmark::State& state, Pooling& pooling, const Way& way) {
  const std::string table = pooling.server.NameOf(Table::kDedup);
  const auto writer = OpenWriter({.dsn = way.dsn, .table = table});
  MeasureWork(state, pooling.server, pooling.events.All().size(), [&] {
    WriteAll(*writer, pooling.events.All());
    FlushAll(*writer);
  });
  pooling.server.RequireRows(table, pooling.events.All().size());
}

using Measure = std::function<void(benchmark::State&, Pooling&, const Way&)>;

void Go(benchmark::State& state, Pooling& pooling, bool pooled, const Measure& measure) {
  pooling.server.Clear();
  std::optional<PgBouncer> pooler;
  if (pooled) pooler.emplace(pooling.program, *pooling.server.own());
  measure(state, pooling, pooled ? Way{pooler->dsn(), pooler->pid()} : Way{pooling.server.dsn()});
}

constexpr std::array kClients = {8, 64, 256, 512};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status needed = ground.RequirePrivateServer(); !needed.ok()) return needed;
  const auto program = PgBouncer::Find();
  if (!program.ok()) return program.status();
  const auto pooling = std::make_shared<Pooling>(ground, *program);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, const Measure& measure) {
    for (const bool pooled : {false, true}) {
      contenders.push_back({fmt::format("{}/{}", name, pooled ? "pooled" : "direct"),
                            [=](benchmark::State& state) { Go(state, *pooling, pooled, measure); }});
    }
  };
  for (const int clients : kClients) {
    if (clients > 256 && ground.scale < 2) continue;
    add(fmt::format("clients/{}", clients),
        [clients](benchmark::State& state, Pooling& server, const Way& way) { Insert(state, server, way, clients); });
  }
  add("connect", ConnectEachTime);
  add("idle", Idle);
  add("writer", WriteEvents);
  return contenders;
}

void TellPlot(const Results& results, Section& section) {
  LineChart chart{.title = "Clients that insert single rows",
                  .subtitle = "transactions/s",
                  .x = {.title = "clients", .scale = Scale::kLog},
                  .y = {.title = "transactions per second"},
                  .lines = {}};
  for (const auto& [way, name] : {std::pair("direct", "a connection each"), {"pooled", "through PgBouncer"}}) {
    LineChart::Line line{.name = name, .points = {}};
    for (const int clients : kClients) {
      const auto rate = results.Of(fmt::format("clients/{}/{}", clients, way), "rows_per_s");
      if (rate) line.points.push_back({static_cast<double>(clients), rate->median, rate->min, rate->max});
    }
    if (!line.points.empty()) chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty()) return;
  section.Add(Plot{.name = "pooling",
                   .caption = "Transactions per second by the number of clients, direct and through PgBouncer.",
                   .svg = chart.Svg()});
}

void Tell(const Results& results, Section& section) {
  section.Claim(11, "256 clients that insert single rows, transactions/s, pooled / direct",
                {.words = "many clients are cheap"}, Unit::kTimes,
                Ratio(results, "clients/256/pooled", "clients/256/direct", "rows_per_s"));
  section.Claim(11, "connect, query and disconnect, one client, times a second, pooled / direct",
                {.words = "connecting is cheap"}, Unit::kTimes,
                Ratio(results, "connect/pooled", "connect/direct", "rows_per_s"));
  section.Claim(11, "memory of an idle client, direct / pooled", {.words = "idle clients are cheap"}, Unit::kTimes,
                Ratio(results, "idle/direct", "idle/pooled", "client_bytes"));
  section.Text(fmt::format(
      "PgBouncer in transaction mode with its default of 20 server connections, on the server's machine; all go "
      "through unix sockets. Each client is a thread that inserts one row for each transaction into the table with "
      "the unique index (simple protocol, synchronous_commit on), as fast as it is answered. \"connect\" is one "
      "client that opens a connection, runs SELECT 1 and closes it, {} times. \"idle\" is what clients that have made "
      "one transaction, all at once, add to the memory of the server's processes ({} clients) or of PgBouncer ({} "
      "clients): proportional set size from /proc, without page tables and what the kernel has for sockets. "
      "PgBouncer's own server connections cost what direct ones do, but are no more than 20.",
      kConnects, kIdleDirect, kIdlePooled));
  section.Text(
      "What a pool saves is memory and connecting. To a few clients it is one more process on the way, which has one "
      "thread and takes its time from the same cores here. Of many clients it lets 20 at a time compete for the "
      "server's cores and locks; on the other hand of 20 connections at most 20 commits share one flush of the log, of "
      "256 all that wait. Which weighs more, and how late the last are answered, is in the table.");
  section.Add(TableOf(results, "clients/", "clients",
                      {{"transactions/s", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"p50", "p50_ms", Unit::kSeconds, 1e-3},
                       {"p99", "p99_ms", Unit::kSeconds, 1e-3, true}}));
  section.Add(TableOf(results, "connect/", "connect, query, disconnect",
                      {{"times a second", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"p50", "p50_ms", Unit::kSeconds, 1e-3, true},
                       {"p99", "p99_ms", Unit::kSeconds, 1e-3}}));
  section.Add(TableOf(results, "idle/", "idle client", {{"memory", "client_bytes", Unit::kBytes, 1, true}}));
  section.Text(
      "bxb needs few connections in the first place: its writer has two for all of a process's threads. This is what "
      "it writes directly and through PgBouncer.");
  section.Target("writer through PgBouncer / direct, rows/s", Unit::kPercent, Bound::kShown, 0,
                 Ratio(results, "writer/pooled", "writer/direct", "rows_per_s"));
  section.Add(TableOf(results, "writer/", "bxb's writer", {{"rows/s", "rows_per_s", Unit::kPerSecond, 1, true}}));
  TellPlot(results, section);
}

}  // namespace

const Experiment kPooling = {
    .name = "pooling", .title = "Many clients and a connection pool", .weight = 30, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
