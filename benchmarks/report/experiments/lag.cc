// How far a streaming replica is behind its primary: while a writer writes at several rates, after statements that
// change much at once, and while a transaction on the replica holds the replay up.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "bxb/cluster.h"
#include "reader/samples.h"
#include "reader/trio.h"
#include "reader/usage_events.h"
#include "report/experiments.h"
#include "report/experiments/pair.h"
#include "support/chart.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::report {
namespace {

using reader::Samples;

constexpr std::array kRates = {1'000, 10'000, 50'000};
constexpr int kUnbounded = 0;

// What is due is handed over in such steps, as by a poll loop.
constexpr std::chrono::microseconds kTick(200);
constexpr std::uint64_t kUnboundedStep = 1'000;

// As often as a cluster can be asked: lag is known in steps of this.
constexpr absl::Duration kCheckInterval = absl::Milliseconds(10);

constexpr double kTransactionSeconds = 2;

struct Following {
  explicit Following(const Ground& ground)
      : seconds(std::min(ground.scale, 10.0)),
        bulk(servers.primary().InSchema("bulk")),
        hot(servers.primary().InSchema("hot")) {
    Session& session = servers.primary().session();
    session.Run(fmt::format("CREATE TABLE {} (LIKE {} INCLUDING ALL)", bulk, servers.primary().NameOf(Table::kDedup)));
    session.Run(fmt::format("CREATE TABLE {} AS SELECT i, 0 AS changes FROM generate_series(1, 1000) i", hot));
    const Events rows(ground.Rows(200'000));
    const auto writer = OpenWriter({.dsn = servers.primary().dsn(), .table = bulk});
    WriteAll(*writer, rows.All());
    FlushAll(*writer);
  }

  double seconds;  ///< at each rate
  Pair servers;
  std::string bulk;  ///< a filled table with one unique index
  std::string hot;   ///< a small one
  reader::UsageEvents events{1'000'000};
};

void Watch(const std::stop_token& stop, const Cluster& cluster, Samples& seconds, Samples& bytes) {
  while (!stop.stop_requested()) {
    for (const EndpointState& server : cluster.snapshot().endpoints) {
      if (server.role != EndpointState::Role::kStandby || !server.lag || !server.lag_bytes) continue;
      seconds.Add(absl::ToDoubleSeconds(*server.lag));
      bytes.Add(static_cast<double>(*server.lag_bytes));
    }
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCheckInterval));
  }
}

// Watches the lag from the beginning of `work` until the replica has all that came of it.
void Follow(benchmark::State& state, Following& following, const std::function<void()>& work) {
  const auto cluster = Must(Cluster::Open(
      {.endpoints = {{.dsn = following.servers.primary().dsn()}, {.dsn = following.servers.replica().dsn()}},
       .check_interval = kCheckInterval}));
  Samples lag;
  Samples bytes;
  {
    const std::jthread watch([&](const std::stop_token& stop) { Watch(stop, *cluster, lag, bytes); });
    for (auto _ : state) state.SetIterationTime(SecondsOf(work));
    state.counters["behind_s"] = SecondsOf([&] { following.servers.AwaitReplay(); });
  }
  state.counters["lags"] = static_cast<double>(lag.size());
  state.counters["lag_p50_s"] = lag.At(0.5);
  state.counters["lag_max_s"] = lag.At(1);
  state.counters["lag_max_bytes"] = bytes.At(1);
}

// Returns how many it has written.
std::uint64_t WriteAtRate(Following& following, int rate, double duration) {
  const auto writer = OpenWriter(
      {.dsn = following.servers.primary().dsn(), .table = following.servers.primary().NameOf(Table::kDedup)});
  const absl::Time start = absl::Now();
  std::uint64_t row = 0;
  std::string id;
  for (double seconds = 0; seconds < duration; seconds = absl::ToDoubleSeconds(absl::Now() - start)) {
    const std::uint64_t due = rate == kUnbounded ? row + kUnboundedStep : static_cast<std::uint64_t>(seconds * rate);
    for (; row < due; ++row) {
      const Event event = following.events.Make(row, id);
      WriteAll(*writer, {&event, 1});
    }
    if (rate != kUnbounded) std::this_thread::sleep_for(kTick);
  }
  FlushAll(*writer);
  return row;
}

void BesideWriter(benchmark::State& state, Following& following, int rate) {
  following.servers.Clear();
  std::uint64_t rows = 0;
  Follow(state, following, [&] { rows = WriteAtRate(following, rate, following.seconds); });
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

// What `undo` leaves behind is as it was before.
void BehindStatement(benchmark::State& state, Following& following, const std::string& sql, const std::string& undo) {
  following.servers.Clear();
  Session& session = following.servers.primary().session();
  Follow(state, following, [&] { session.Run(sql); });
  session.Run(undo);
}

// The replica's transaction may still see the versions of rows that the primary's VACUUM removes: the replay of that
// waits for its end, and with it the replay of all that comes behind. Nobody on the primary sees them any more: the
// checks, whose transactions could, begin behind the UPDATE.
void BehindTransaction(benchmark::State& state, Following& following) {
  following.servers.Clear();
  Session analyst(following.servers.replica().dsn());
  analyst.Run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  analyst.Value("SELECT sum(changes) FROM " + following.hot);
  Session& session = following.servers.primary().session();
  session.Run(fmt::format("UPDATE {} SET changes = changes + 1", following.hot));
  Follow(state, following, [&] {
    session.Run("VACUUM " + following.hot);
    WriteAtRate(following, kRates.front(), kTransactionSeconds);
    analyst.Run("COMMIT");
  });
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status needed = ground.RequirePrivateServer(); !needed.ok()) return needed;
  const auto following = std::make_shared<Following>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, const std::function<void(benchmark::State&, Following&)>& run) {
    contenders.push_back({name, [=](benchmark::State& state) { run(state, *following); }});
  };
  const auto at_rate = [](int rate) {
    return [=](benchmark::State& state, Following& servers) { BesideWriter(state, servers, rate); };
  };
  for (const int rate : kRates) add(fmt::format("rate/{}", rate), at_rate(rate));
  add("rate/unbounded", at_rate(kUnbounded));
  add("statement/create_index", [](benchmark::State& state, Following& servers) {
    const std::string index = servers.servers.primary().InSchema("bulk_by_customer");
    BehindStatement(state, servers,
                    fmt::format("CREATE INDEX bulk_by_customer ON {} (external_customer_id, timestamp)", servers.bulk),
                    "DROP INDEX " + index);
  });
  add("statement/update", [](benchmark::State& state, Following& servers) {
    BehindStatement(state, servers, fmt::format("UPDATE {} SET value = value + 1", servers.bulk),
                    "VACUUM " + servers.bulk);
  });
  add("transaction/2s", BehindTransaction);
  return contenders;
}

std::vector<LineChart::Point> Points(const Results& results, const std::string& metric) {
  std::vector<LineChart::Point> points;
  for (const char* rate : {"1000", "10000", "50000", "unbounded"}) {
    const std::string contender = fmt::format("rate/{}", rate);
    const auto written = results.Of(contender, "rows_per_s");
    const auto lag = Figure(results, contender, metric, 1e3).figure;
    if (written && lag) points.push_back({written->median, lag->median, lag->min, lag->max});
  }
  return points;
}

void TellPlot(const Results& results, Section& section) {
  LineChart chart{.title = "Lag of a replica beside a writer",
                  .subtitle = "in the log's history, known in steps of 10 ms",
                  .x = {.title = "events written per second", .scale = Scale::kLog},
                  .y = {.title = "lag, ms"},
                  .lines = {}};
  for (const auto& [name, metric] : {std::pair("highest", "lag_max_s"), {"median", "lag_p50_s"}}) {
    chart.lines.push_back({.name = name, .points = Points(results, metric)});
  }
  if (chart.lines.front().points.empty()) return;
  section.Add(
      Plot{.name = "lag",
           .caption = "Lag of a replica, by the rate of writing; the rightmost rate is all that the writer can do.",
           .svg = chart.Svg()});
}

void Tell(const Results& results, Section& section) {
  const Claimed normal{.words = "below 1 s"};
  const Claimed heavy{.words = "seconds to minutes"};
  section.Claim(9, "a replica's lag, highest, 10,000 events/s", normal, Unit::kSeconds,
                Figure(results, "rate/10000", "lag_max_s"));
  section.Claim(9, "a replica's lag, highest, events as fast as one writer can", heavy, Unit::kSeconds,
                Figure(results, "rate/unbounded", "lag_max_s"));
  section.Claim(9, "a replica's lag, highest, UPDATE of a whole table", heavy, Unit::kSeconds,
                Figure(results, "statement/update", "lag_max_s"));
  section.Claim(9, "a replica's lag, highest, a transaction of 2 s there holds the replay up", heavy, Unit::kSeconds,
                Figure(results, "transaction/2s", "lag_max_s"));
  section.Text(
      "A primary and one asynchronous streaming replica on this machine share its cores and disk. Every 10 ms both "
      "are asked for their positions in the log; the lag is how long ago the primary was where the replica is now, "
      "and zero where the replica has all that the primary had when it was last asked. It is watched until the "
      "replica has everything. The events come from one bxb writer with two lanes, which writes for a second (times "
      "the "
      "scale, ten at most): no lag of minutes can build up in that time.");
  section.Text(
      "Statements: a new index on a filled table, and an UPDATE of all its rows in one transaction, which the "
      "replica replays while it runs; larger tables lag longer. The last line is what makes lag long whatever the "
      "rate: a transaction on the replica that may still read rows which VACUUM removes on the primary stops the "
      "replay until it ends, or is cancelled after max_standby_streaming_delay, by default 30 s. Here it lasts 2 s, "
      "beside 1,000 events/s, so the lag is its length, and up to a second that PostgreSQL may take to notice its "
      "end. One process replays on the replica: a primary with many cores and many writers can outrun it where this "
      "machine's cannot, and then the lag grows for as long as they write.");
  section.Add(TableOf(results, "", "what the primary does",
                      {{"events/s", "rows_per_s", Unit::kPerSecond},
                       {"times looked at", "lags", Unit::kCount},
                       {"lag p50", "lag_p50_s", Unit::kSeconds},
                       {"highest lag", "lag_max_s", Unit::kSeconds, 1, true},
                       {"bytes of log", "lag_max_bytes", Unit::kBytes},
                       {"has all, after the end", "behind_s", Unit::kSeconds}}));
  TellPlot(results, section);
}

}  // namespace

const Experiment kLag = {.name = "lag", .title = "How far replicas lag", .weight = 30, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
