// What analytical queries cost the writer: on its own server, and on a replica. The servers of one machine share its
// cores, which hides what hosts of their own would bring; so it is measured also with one core for each host.
#include <fmt/format.h>
#include <sched.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "reader/samples.h"
#include "report/experiments.h"
#include "report/experiments/pair.h"
#include "support/chart.h"
#include "support/parallel.h"
#include "support/writing.h"
#include "writer/load.h"
#include "writer/writer_target.h"

namespace bxb::bench::report {
namespace {

using reader::Samples;
using Cores = std::vector<int>;

constexpr double kRate = 10'000;  ///< events a second where latency is measured
constexpr int kAnalysts = 2;
constexpr std::size_t kLatencyRows = 6'000;

enum class Queries : std::uint8_t { kNone, kOnReplica, kOnPrimary };

[[noreturn]] void Fail(const char* call) { Die(absl::ErrnoToStatus(errno, call).ToString()); }

Cores AllowedCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) Fail("sched_getaffinity");
  Cores cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  return cores;
}

// Package and core: the same for two threads of one core.
std::pair<int, int> PlaceOf(int core) {
  std::pair<int, int> place;
  const std::string topology = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", core);
  std::ifstream(topology + "physical_package_id") >> place.first;
  std::ifstream(topology + "core_id") >> place.second;
  return place;
}

// For the second host, of two cores or more.
int SecondCore(const Cores& cores) {
  for (const int core : cores) {
    if (PlaceOf(core) != PlaceOf(cores.front())) return core;
  }
  return cores[1];
}

// Zero: this thread, and those that it will start.
void Pin(pid_t process, const Cores& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(core, &set);
  if (sched_setaffinity(process, sizeof set, &set) == 0 || errno == ESRCH) return;
  Fail("sched_setaffinity");
}

// Its processes, and those that it will start.
void PinServer(pid_t postmaster, const Cores& cores) {
  Pin(postmaster, cores);
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", postmaster));
  for (pid_t child = 0; children >> child;) Pin(child, cores);
}

struct Hosts {
  explicit Hosts(const Ground& ground)
      : rows(ground.Rows(120'000)),
        events(rows + kLatencyRows),
        servers(std::map<std::string, std::string>{{"max_parallel_workers_per_gather", "0"}}),
        usage(servers.primary().InSchema("usage")) {
    servers.primary().session().Run(
        fmt::format("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)", usage, servers.primary().NameOf(Table::kDedup)));
    const EncodedEvents encoded(events.First(rows));
    std::vector<Session> sessions = Connect(servers.primary().dsn(), 1);
    for (int i = 0; i < 3; ++i) CopyBatches(sessions, CopySql(usage), encoded, rows, rows);
    servers.primary().session().Run("VACUUM ANALYZE " + usage);
  }

  std::size_t rows;  ///< that are written in each case
  Events events;
  Pair servers;
  std::string usage;  ///< what analysts read: three times as many, without an index
  Cores cores = AllowedCores();
};

// While it lives the primary and this thread have one core; the replica has another, where analysts go.
class Apart {
 public:
  explicit Apart(Hosts& hosts) : hosts_(hosts) { Place({hosts.cores.front()}, {SecondCore(hosts.cores)}); }
  ~Apart() { Place(hosts_.cores, hosts_.cores); }
  Apart(const Apart&) = delete;
  Apart& operator=(const Apart&) = delete;

 private:
  void Place(const Cores& primary, const Cores& replica) {
    PinServer(hosts_.servers.primary().own()->pid(), primary);
    PinServer(hosts_.servers.replica().pid(), replica);
    Pin(0, primary);
  }

  Hosts& hosts_;
};

// Clients, each with one query after the other, until they go.
class Analysts {
 public:
  Analysts(const std::string& dsn, const std::string& usage, const Cores& cores) : sessions_(Connect(dsn, kAnalysts)) {
    const std::string sql = fmt::format(
        "SELECT organization_id, code, count(*), sum(decimal_value), max(value) FROM {} GROUP BY 1, 2", usage);
    for (Session& session : sessions_) {
      threads_.emplace_back([this, cores, sql, &session](const std::stop_token& stop) {
        Pin(0, cores);
        while (!stop.stop_requested()) Add(SecondsOf([&] { session.Value(sql); }));
      });
    }
  }

  /// Ends them; returns the seconds that each query took.
  Samples Stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
    return times_;
  }

 private:
  void Add(double seconds) {
    const std::lock_guard lock(mutex_);
    times_.Add(seconds);
  }

  std::vector<Session> sessions_;
  std::mutex mutex_;
  Samples times_;
  std::vector<std::jthread> threads_;
};

void Write(benchmark::State& state, Hosts& hosts) {
  auto writer =
      OpenWriter({.dsn = hosts.servers.primary().dsn(), .table = hosts.servers.primary().NameOf(Table::kDedup)});
  for (auto _ : state) {
    state.SetIterationTime(SecondsOf([&] {
      WriteAll(*writer, hosts.events.First(hosts.rows));
      FlushAll(*writer);
    }));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(hosts.rows));
  writer::WriterTarget target(std::move(writer));
  writer::Load load(target, hosts.events.Slice(hosts.rows, kLatencyRows));
  load.RunOpenLoop(kRate);
  state.counters["p99_ms"] = load.Latencies().p99;
}

void Measure(benchmark::State& state, Hosts& hosts, bool apart, Queries queries) {
  if (apart && hosts.cores.size() < 2) return state.SkipWithError("needs two cores");
  hosts.servers.Clear();
  std::optional<Apart> places;
  if (apart) places.emplace(hosts);
  std::optional<Analysts> analysts;
  if (queries != Queries::kNone) {
    analysts.emplace(queries == Queries::kOnReplica ? hosts.servers.replica().dsn() : hosts.servers.primary().dsn(),
                     hosts.usage, apart ? Cores{SecondCore(hosts.cores)} : hosts.cores);
  }
  Write(state, hosts);
  if (!analysts) return;
  Samples times = analysts->Stop();
  state.counters["query_s"] = times.At(0.5);
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status needed = ground.RequirePrivateServer(); !needed.ok()) return needed;
  const auto hosts = std::make_shared<Hosts>(ground);
  std::vector<Contender> contenders;
  for (const bool apart : {true, false}) {
    const auto add = [&](const char* name, Queries queries) {
      contenders.push_back({fmt::format("{}/{}", apart ? "apart" : "together", name),
                            [=](benchmark::State& state) { Measure(state, *hosts, apart, queries); }});
    };
    add("alone", Queries::kNone);
    add("on_replica", Queries::kOnReplica);
    add("on_primary", Queries::kOnPrimary);
  }
  return contenders;
}

TextTable TableOfPlace(const Results& results, const std::string& place) {
  TextTable table = TableOf(results, place + "/", "queries",
                            {{"rows/s written", "rows_per_s", Unit::kPerSecond, 1, true},
                             {"p99 at 10,000/s", "p99_ms", Unit::kSeconds, 1e-3, true},
                             {"a query takes", "query_s", Unit::kSeconds}});
  table.head.insert(table.head.begin() + 2, "of alone");
  for (std::vector<std::string>& row : table.rows) {
    const Measured share = Ratio(results, fmt::format("{}/{}", place, row.front()), place + "/alone", "rows_per_s");
    row.insert(row.begin() + 2, Cell(share, Unit::kPercent));
  }
  return table;
}

void TellPlot(const Results& results, Section& section) {
  BarChart chart{.title = "What a writer writes beside analytical queries",
                 .subtitle = "rows/s as a share of what it writes alone",
                 .bars = {}};
  for (const auto& [place, of] : {std::pair("apart", "a core for each host"), {"together", "all cores for both"}}) {
    for (const auto& [name, title] : {std::pair("on_replica", "on the replica"), {"on_primary", "on the primary"}}) {
      const auto share =
          Ratio(results, fmt::format("{}/{}", place, name), fmt::format("{}/alone", place), "rows_per_s").figure;
      if (!share) continue;
      chart.bars.push_back({.name = fmt::format("{}, {}", title, of),
                            .value = share->median,
                            .low = share->min,
                            .high = share->max,
                            .label = Format(share->median, Unit::kPercent)});
    }
  }
  if (chart.bars.empty()) return;
  section.Add(Plot{
      .name = "replicas",
      .caption =
          "What a writer still writes beside analytical queries, where they run on a replica and on its own server.",
      .svg = chart.Svg()});
}

void Tell(const Results& results, Section& section) {
  const auto share = [&](const char* contender, const char* alone) {
    return Ratio(results, contender, alone, "rows_per_s");
  };
  section.Claim(12, "writer beside analytical queries on a replica, a core for each host, of alone",
                {.words = "takes them off the primary"}, Unit::kPercent, share("apart/on_replica", "apart/alone"));
  section.Claim(12, "writer beside analytical queries on the primary, a core for each host, of alone",
                {.words = "slower"}, Unit::kPercent, share("apart/on_primary", "apart/alone"));
  section.Text(
      "One bxb writer (two lanes), and beside it nothing, or two clients that run an aggregation over a whole table "
      "again and again: on the primary, or on a streaming replica of it. A query is one process (no parallel "
      "workers) and its table fits into memory. The replica replays in all three cases.");
  section.Text(
      "\"Apart\" stands for two hosts: all processes of the primary and the thread that writes are bound to one "
      "core, all of the replica and the clients that query to another. With queries on the primary their server "
      "processes are the primary's, and so on its core. \"Together\" all may use every core; there it matters little "
      "where a query runs while cores are short. The disk, the kernel's threads that serve it and the memory are "
      "shared in both, so what is lost beside queries on a replica is what the two do to each other there, and "
      "latencies more than rates; hosts of their own do better.");
  section.Add(TableOfPlace(results, "apart"));
  section.Add(TableOfPlace(results, "together"));
  TellPlot(results, section);
}

}  // namespace

const Experiment kReplicas = {
    .name = "replicas", .title = "Analytical queries on a replica", .weight = 27, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
