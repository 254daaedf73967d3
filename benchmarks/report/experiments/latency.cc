// Open-loop load at fixed rates: how long an event waits until it is durable, for bxb and for single-row INSERTs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "report/experiments.h"
#include "report/insert_target.h"
#include "support/chart.h"
#include "support/events.h"
#include "writer/group_commit.h"
#include "writer/load.h"
#include "writer/writer_target.h"

namespace bxb::bench::report {
namespace {

constexpr int kLanes = 2;
constexpr int kConnections = 32;
constexpr std::array kBxbRates = {1'000, 5'000, 20'000, 50'000, 100'000, 150'000, 200'000, 300'000, 450'000, 600'000};
constexpr std::array kInsertRates = {500, 1'000, 2'000, 5'000, 10'000, 15'000, 20'000, 30'000};
constexpr std::array kBareRates = {20'000, 100'000};
constexpr std::size_t kWarmUp = 400;

// A rate is kept up where nobody waits longer, and the last event is durable so soon after it was due: a backlog that
// grows is late by more the longer the load lasts, one that does not is late by as much at any scale.
constexpr double kLongMs = 100;

struct Loading {
  explicit Loading(const Ground& ground)
      : server(ground.server, ground.schema),
        seconds(std::clamp(ground.scale, 0.5, 10.0)),
        events(static_cast<std::size_t>(kBxbRates.back() * seconds) + kWarmUp),
        table(server.NameOf(Table::kDedup)) {}

  Server server;
  double seconds;
  Events events;
  std::string table;
};

using MakeTarget = std::unique_ptr<writer::Target> (*)(const Loading& loading);

std::unique_ptr<writer::Target> MakeBxb(const Loading& loading) {
  WriterOptions options{.dsn = loading.server.dsn(), .table = loading.table};
  options.lanes = kLanes;
  return std::make_unique<writer::WriterTarget>(OpenWriter(options));
}

std::unique_ptr<writer::Target> MakeInsert(const Loading& loading) {
  return std::make_unique<InsertTarget>(loading.server.dsn(), loading.table, kConnections);
}

std::unique_ptr<writer::Target> MakeBare(const Loading& loading) {
  return std::make_unique<writer::GroupCommit>(loading.server.dsn(), loading.table, kLanes);
}

void Run(benchmark::State& state, Loading& loading, MakeTarget make, int rate) {
  const auto rows = static_cast<std::size_t>(rate * loading.seconds);
  const std::unique_ptr<writer::Target> target = make(loading);
  writer::Load(*target, loading.events.First(kWarmUp)).RunClosedLoop(kConnections);
  loading.server.Clear();
  writer::Load load(*target, loading.events.Slice(kWarmUp, rows));
  load.RunOpenLoop(rate);
  for (auto _ : state) state.SetIterationTime(load.seconds());
  loading.server.RequireRows(loading.table, rows);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  state.counters["behind_ms"] = (load.seconds() - static_cast<double>(rows - 1) / rate) * 1e3;
  const writer::Load::Percentiles latency = load.Latencies();
  state.counters["p50_ms"] = latency.p50;
  state.counters["p99_ms"] = latency.p99;
  state.counters["p999_ms"] = latency.p999;
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto loading = std::make_shared<Loading>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, MakeTarget make, int rate) {
    contenders.push_back({fmt::format("{}/{}", name, rate),
                          [loading, make, rate](benchmark::State& state) { Run(state, *loading, make, rate); }});
  };
  for (const int rate : kBxbRates) add("bxb", MakeBxb, rate);
  for (const int rate : kBareRates) add("group_commit", MakeBare, rate);
  for (const int rate : kInsertRates) add("insert", MakeInsert, rate);
  return contenders;
}

bool KeptUp(const Results& results, const std::string& contender) {
  const auto behind = results.Of(contender, "behind_ms");
  const auto p99 = results.Of(contender, "p99_ms");
  return behind && p99 && behind->median <= kLongMs && p99->median <= kLongMs;
}

template <std::size_t N>
std::string BreakingPoint(const Results& results, const std::string& name, const std::array<int, N>& rates) {
  std::optional<int> last;
  for (const int rate : rates) {
    const std::string contender = fmt::format("{}/{}", name, rate);
    if (!results.Of(contender, "p99_ms")) return "not run";
    if (!KeptUp(results, contender)) {
      return fmt::format("{} .. {}", last ? Format(*last, Unit::kPerSecond) : "below", Format(rate, Unit::kPerSecond));
    }
    last = rate;
  }
  return "above " + Format(rates.back(), Unit::kPerSecond);
}

template <std::size_t N>
LineChart::Line LineOf(const Results& results, const std::string& name, const std::string& title,
                       const std::string& metric, const std::array<int, N>& rates) {
  LineChart::Line line{.name = title, .points = {}, .emphasis = name == "bxb"};
  for (const int rate : rates) {
    const auto latency = results.Of(fmt::format("{}/{}", name, rate), metric);
    if (latency) line.points.push_back({static_cast<double>(rate), latency->median, latency->min, latency->max});
  }
  line.dashed = metric == "p50_ms";
  return line;
}

void AddPlot(const Results& results, Section& section) {
  const LineChart chart{.title = "Until an event is durable",
                        .subtitle = "open loop, counted from the time an event was due",
                        .x = {.title = "events per second", .scale = Scale::kLog},
                        .y = {.title = "acknowledgement latency, ms", .scale = Scale::kLog},
                        .lines = {LineOf(results, "bxb", "bxb p99", "p99_ms", kBxbRates),
                                  LineOf(results, "bxb", "bxb p50", "p50_ms", kBxbRates),
                                  LineOf(results, "insert", "INSERT p99", "p99_ms", kInsertRates),
                                  LineOf(results, "insert", "INSERT p50", "p50_ms", kInsertRates)}};
  section.Add(
      Plot{.name = "latency",
           .caption = "Acknowledgement latency against rate: bxb with two connections, single-row INSERTs over 32",
           .svg = chart.Svg()});
}

// "p50 + 120 us, p99 + 240 us": bxb's median rounds less bare group commit's.
std::string LongerThanBare(const Results& results, int rate) {
  std::string text;
  for (const char* metric : {"p50_ms", "p99_ms"}) {
    const auto bxb = results.Of(fmt::format("bxb/{}", rate), metric);
    const auto bare = results.Of(fmt::format("group_commit/{}", rate), metric);
    if (!bxb || !bare) return "not run";
    const double more = (bxb->median - bare->median) * 1e-3;
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", std::string_view(metric).substr(0, 3),
                        more < 0 ? "-" : "+", Format(std::abs(more), Unit::kSeconds));
  }
  return text;
}

void TellBareGroupCommit(const Results& results, Section& section) {
  std::string text =
      "Bare group commit does nothing but encode and copy. bxb also validates, hashes, claims and sorts, asks for "
      "durability with every batch and for the log position behind it. An event waits for the rest of the batch before "
      "its own, and for its own: what a batch costs more shows up to twice. bxb against it:";
  for (const int rate : kBareRates) {
    text += fmt::format(" at {} {};", Format(rate, Unit::kPerSecond), LongerThanBare(results, rate));
  }
  text.back() = '.';
  section.Text(text);
}

void Tell(const Results& results, Section& section) {
  for (const auto& [rate, limit] : {std::pair(20'000, 2e-3), std::pair(100'000, 8e-3)}) {
    const std::string bxb = fmt::format("bxb/{}", rate);
    section.Target(fmt::format("open loop at {}: p99", Format(rate, Unit::kPerSecond)), Unit::kSeconds, Bound::kAtMost,
                   limit, Figure(results, bxb, "p99_ms", 1e-3));
    section.Target("the same / bare group commit's p99", Unit::kTimes, Bound::kAtMost, 1.2,
                   Ratio(results, bxb, fmt::format("group_commit/{}", rate), "p99_ms"));
  }
  section.Text(fmt::format(
      "Events come at a fixed rate whatever becomes of them, and each one's latency counts from the time at which it "
      "was due: one that had to wait because others were late is late itself (no coordinated omission). Two lanes "
      "against {3} connections with a prepared INSERT and a commit for each event; synchronous_commit = on; unique "
      "index on the dedup key. A rate is too high where p99 is above {0:.0f} ms, or all events are durable only later "
      "than {0:.0f} ms after the last was due (medians of the rounds): for bxb {1}, for INSERTs {2}. Events "
      "acknowledged per second count to the last acknowledgement.",
      kLongMs, BreakingPoint(results, "bxb", kBxbRates), BreakingPoint(results, "insert", kInsertRates), kConnections));
  TellBareGroupCommit(results, section);
  AddPlot(results, section);
  section.Add(TableOf(results, "", "what / events per second",
                      {{"acknowledged", "rows_per_s", Unit::kPerSecond},
                       {"all durable, after the last was due", "behind_ms", Unit::kSeconds, 1e-3},
                       {"p50", "p50_ms", Unit::kSeconds, 1e-3},
                       {"p99", "p99_ms", Unit::kSeconds, 1e-3, true},
                       {"p99.9", "p999_ms", Unit::kSeconds, 1e-3}}));
}

}  // namespace

const Experiment kLatency = {.name = "latency",
                             .title = "Latency against rate, to the point where it breaks",
                             .weight = 80,
                             .set_up = SetUp,
                             .tell = Tell};

}  // namespace bxb::bench::report
