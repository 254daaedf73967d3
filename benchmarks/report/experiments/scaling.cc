// The writer's rows per second and processor time per row, against what can be turned: one thing at a time, from the
// defaults.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "report/experiments.h"
#include "support/chart.h"
#include "support/events.h"
#include "writer/load.h"
#include "writer/writer_target.h"

namespace bxb::bench::report {
namespace {

constexpr std::array kLanes = {1, 2, 3, 4};
constexpr std::array kBatchRows = {100, 500, 2'000, 20'000, 60'000};
constexpr std::array kProperties = {20, 60, 250, 1'000, 4'000};
constexpr std::array kLingersMs = {0, 1, 5, 20};
constexpr int kOutstanding = 1'024;

// Each with one more index than the one before.
constexpr std::array kMoreIndexes = {"", "timestamp", "external_customer_id, timestamp", "code, timestamp",
                                     "organization_id, code, timestamp"};

struct Scaling {
  explicit Scaling(const Ground& ground)
      : server(ground.server, ground.schema), rows(ground.Rows(120'000)), events(rows) {
    MakeIndexed();
  }

  std::string Indexed(std::size_t indexes) const { return server.InSchema(fmt::format("indexed_{}", indexes)); }

  void MakeIndexed() {
    for (std::size_t count = 1; count <= kMoreIndexes.size(); ++count) {
      server.session().Run(
          fmt::format("CREATE TABLE {} (LIKE {} INCLUDING ALL)", Indexed(count), server.NameOf(bench::Table::kDedup)));
      for (std::size_t i = 1; i < count; ++i) {
        server.session().Run(fmt::format("CREATE INDEX ON {} ({})", Indexed(count), kMoreIndexes[i]));
      }
    }
  }

  Server server;
  std::size_t rows;
  Events events;
};

// Events whose properties have so many bytes.
std::vector<Event> WithProperties(std::span<const Event> events, std::size_t bytes, std::string& properties) {
  constexpr std::string_view kEmpty = R"({"note":""})";
  properties = fmt::format(R"({{"note":"{}"}})", std::string(bytes - kEmpty.size(), 'x'));
  std::vector<Event> changed(events.begin(), events.end());
  for (Event& event : changed) event.properties = properties;
  return changed;
}

void Write(benchmark::State& state, Scaling& scaling, const WriterOptions& options, std::span<const Event> events) {
  const auto writer = OpenWriter(options);
  MeasureInto(state, scaling.server, options.table, events.size(), [&] {
    WriteAll(*writer, events);
    FlushAll(*writer);
  });
}

WriterOptions Defaults(const Scaling& scaling) {
  return {.dsn = scaling.server.dsn(), .table = scaling.server.NameOf(bench::Table::kDedup)};
}

void WithLanes(benchmark::State& state, Scaling& scaling, int lanes) {
  WriterOptions options = Defaults(scaling);
  options.lanes = lanes;
  Write(state, scaling, options, scaling.events.All());
}

void WithBatches(benchmark::State& state, Scaling& scaling, int rows) {
  WriterOptions options = Defaults(scaling);
  options.batch_rows = static_cast<std::size_t>(rows);
  options.batch_bytes = std::max<std::size_t>(options.batch_bytes, options.batch_rows * 256);
  options.memory_bytes = std::max<std::size_t>(options.memory_bytes, 8 * options.batch_bytes);
  Write(state, scaling, options, scaling.events.All());
}

void WithWidth(benchmark::State& state, Scaling& scaling, int bytes) {
  std::string properties;
  const std::size_t rows = std::min(scaling.rows, scaling.rows * 500 / static_cast<std::size_t>(bytes));
  const auto events = WithProperties(scaling.events.First(rows), static_cast<std::size_t>(bytes), properties);
  Write(state, scaling, Defaults(scaling), events);
}

void WithIndexes(benchmark::State& state, Scaling& scaling, int indexes) {
  WriterOptions options = Defaults(scaling);
  options.table = scaling.Indexed(static_cast<std::size_t>(indexes));
  Write(state, scaling, options, scaling.events.All());
}

// A closed loop: with everything written at once batches would fill at once, and nothing would linger.
void WithLinger(benchmark::State& state, Scaling& scaling, int milliseconds) {
  WriterOptions options = Defaults(scaling);
  options.linger = absl::Milliseconds(milliseconds);
  writer::WriterTarget target(OpenWriter(options));
  const std::size_t rows = scaling.rows / (milliseconds == 0 ? 1 : 3);
  writer::Load load(target, scaling.events.First(rows));
  scaling.server.Clear();
  MeasureWork(state, scaling.server, rows, [&] { load.RunClosedLoop(kOutstanding); });
  const writer::Load::Percentiles latency = load.Latencies();
  state.counters["p50_ms"] = latency.p50;
  state.counters["p99_ms"] = latency.p99;
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  const auto scaling = std::make_shared<Scaling>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, auto run, int argument) {
    contenders.push_back({fmt::format("{}/{}", name, argument),
                          [scaling, run, argument](benchmark::State& state) { run(state, *scaling, argument); }});
  };
  for (const int lanes : kLanes) add("lanes", WithLanes, lanes);
  for (const int rows : kBatchRows) add("batch", WithBatches, rows);
  for (const int bytes : kProperties) add("properties", WithWidth, bytes);
  for (std::size_t i = 1; i <= kMoreIndexes.size(); ++i) add("indexes", WithIndexes, static_cast<int>(i));
  for (const int milliseconds : kLingersMs) add("linger", WithLinger, milliseconds);
  return contenders;
}

LineChart::Line LineOf(const Results& results, const std::string& prefix, const std::string& name,
                       const std::string& metric, bool emphasis) {
  LineChart::Line line{.name = name, .points = {}, .emphasis = emphasis};
  for (const std::string& contender : results.contenders()) {
    if (!contender.starts_with(prefix)) continue;
    const auto figure = results.Of(contender, metric);
    const double x = std::strtod(contender.c_str() + prefix.size(), nullptr);
    if (figure) line.points.push_back({x, figure->median, figure->min, figure->max});
  }
  std::ranges::sort(line.points, {}, &LineChart::Point::x);
  return line;
}

void AddPlots(const Results& results, Section& section) {
  const LineChart batches{.title = "Rows per second against batch size",
                          .subtitle = "two lanes, one commit a batch",
                          .x = {.title = "rows in a batch", .scale = Scale::kLog},
                          .y = {.title = "rows/s"},
                          .lines = {LineOf(results, "batch/", "bxb", "rows_per_s", true)}};
  section.Add(Plot{.name = "scaling-batch", .caption = "What larger batches gain", .svg = batches.Svg()});
  const LineChart indexes{.title = "Processor time per row against indexes",
                          .subtitle = "B-trees on the events table, the dedup key's included",
                          .x = {.title = "indexes"},
                          .y = {.title = "us per row"},
                          .lines = {LineOf(results, "indexes/", "server", "server_us", false),
                                    LineOf(results, "indexes/", "client with bxb", "client_us", true)}};
  section.Add(Plot{.name = "scaling-indexes", .caption = "Who pays for indexes", .svg = indexes.Svg()});
}

void Tell(const Results& results, Section& section) {
  section.Text(
      "bxb's writer with dedup into the events table with the unique index, everything as by default but one thing. "
      "Rows are written as fast as they go in, but for linger: there 1,024 events are outstanding at any time. "
      "Processor times are those of this process and of the server's processes.");
  AddPlots(results, section);
  const std::vector<MetricColumn> columns = {{"rows/s", "rows_per_s", Unit::kPerSecond, 1, true},
                                             {"client's CPU per row", "client_us", Unit::kSeconds, 1e-6},
                                             {"server's", "server_us", Unit::kSeconds, 1e-6}};
  section.Add(TableOf(results, "lanes/", "lanes", columns));
  section.Add(TableOf(results, "batch/", "rows in a batch", columns));
  section.Add(TableOf(results, "properties/", "bytes of properties", columns));
  section.Add(TableOf(results, "indexes/", "indexes", columns));
  section.Add(TableOf(results, "linger/", "linger, ms", AcknowledgementColumns()));
}

}  // namespace

const Experiment kScaling = {.name = "scaling",
                             .title = "What bxb's settings and your tables make of it",
                             .weight = 60,
                             .set_up = SetUp,
                             .tell = Tell};

}  // namespace bxb::bench::report
