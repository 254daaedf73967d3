// Where the processor time of a row goes, by profile: the server, the kernel, libpq, bxb.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "report/experiments.h"
#include "support/chart.h"
#include "support/events.h"
#include "support/program.h"
#include "support/writing.h"

namespace bxb::bench::report {
namespace {

constexpr const char* kName = "bxb_profiled";
constexpr std::size_t kFunctions = 12;  // in a table

struct Profiling {
  explicit Profiling(const Ground& ground)
      : server(ground.server, ground.schema),
        file(ground.folder + "/perf.data"),
        seconds(std::clamp(static_cast<int>(2 * ground.scale), 1, 10)),
        events(400'000) {}

  Server server;
  std::string file;
  int seconds;
  Events events;
};

// This process, and the server's that take what it sends.
std::string Processes(Profiling& profiling) {
  return fmt::format(
      "{},{}", getpid(),
      profiling.server.session().Value(
          fmt::format("SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE application_name = '{}'", kName)));
}

// Writes the events over and over, each time into an empty table, until perf has ended.
absl::Status WriteUnder(Profiling& profiling, EventWriter& writer, const std::vector<std::string>& perf) {
  std::atomic<bool> ended = false;
  absl::Status status;
  const std::jthread recorder([&] {
    status = RunProgram(perf, absl::Minutes(2)).status();
    ended = true;
  });
  while (!ended) {
    WriteAll(writer, profiling.events.All());
    FlushAll(writer);
    profiling.server.session().Run("TRUNCATE " + profiling.server.NameOf(bench::Table::kDedup));
  }
  return status;
}

struct Sample {
  double percent = 0;
  std::string thread;
  std::string object;
  std::string function;
};

// Lines of "12.34%\tthread\tobject\t[.] function".
std::vector<Sample> ParsePerf(const std::string& text) {
  std::vector<Sample> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream split(line);
    for (std::string field; std::getline(split, field, '\t');) {
      const std::size_t begin = field.find_first_not_of(' ');
      fields.push_back(begin == std::string::npos ? "" : field.substr(begin, field.find_last_not_of(' ') - begin + 1));
    }
    if (fields.size() != 4 || line.starts_with('#')) continue;
    const std::size_t mark = fields[3].find("] ");
    samples.push_back({std::strtod(fields[0].c_str(), nullptr), fields[1], fields[2],
                       mark == std::string::npos ? fields[3] : fields[3].substr(mark + 2)});
  }
  return samples;
}

// "bxb::(anonymous namespace)::Lane<int>::Run(std::stop_token)" as "bxb::Lane".
std::string Short(std::string function) {
  constexpr std::string_view kUnnamed = "(anonymous namespace)::";
  for (std::size_t at; (at = function.find(kUnnamed)) != std::string::npos;) function.erase(at, kUnnamed.size());
  return function.substr(0, function.find_first_of("(<"));
}

std::string OwnerOf(const Sample& sample) {
  const auto in = [&](std::string_view part) { return sample.object.find(part) != std::string::npos; };
  if (sample.thread.starts_with("postgres")) return "server";
  if (in("kernel")) return "client: kernel, mostly the socket";
  if (in("libpq")) return "client: libpq";
  if (sample.function.starts_with("bxb::bench")) return "client: the benchmark itself";
  if (in("libc") || in("libstdc++") || in("vdso")) return "client: libc";
  return "client: bxb";
}

void Profile(benchmark::State& state, Profiling& profiling) {
  WriterOptions options{.dsn = profiling.server.dsn(), .table = profiling.server.NameOf(bench::Table::kDedup)};
  options.application_name = kName;
  options.dedup_cache_bytes = 0;  // the same events come again and again, and each time they are new
  const auto writer = OpenWriter(options);
  WriteAll(*writer, profiling.events.First(1'000));
  FlushAll(*writer);
  profiling.server.Clear();
  absl::Status status;
  for (auto _ : state) {
    state.SetIterationTime(SecondsOf([&] {
      status = WriteUnder(profiling, *writer,
                          {"perf", "record", "-q", "-F", "997", "-p", Processes(profiling), "-o", profiling.file, "--",
                           "sleep", std::to_string(profiling.seconds)});
    }));
  }
  auto text = RunProgram({"perf", "report", "-i", profiling.file, "--stdio", "--no-children", "-F",
                          "overhead,comm,dso,symbol", "-t", "\t"},
                         absl::Minutes(1));
  if (!status.ok()) text = status;
  if (!text.ok()) return state.SkipWithError(("perf: " + std::string(text.status().message())).c_str());
  for (const Sample& sample : ParsePerf(*text)) {
    const std::string owner = OwnerOf(sample);
    state.counters["share/" + owner] += sample.percent / 100;
    if (owner == "client: bxb") state.counters["bxb/" + Short(sample.function)] += sample.percent / 100;
    if (owner == "server") state.counters["server/" + Short(sample.function)] += sample.percent / 100;
  }
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (const absl::Status may = ground.RequirePrivateServer(); !may.ok()) return may;
  const auto profiling = std::make_shared<Profiling>(ground);
  return std::vector<Contender>{{"profile", [profiling](benchmark::State& state) { Profile(state, *profiling); }}};
}

// The metrics that begin so, without that, the largest first.
std::vector<std::pair<std::string, Measured>> Largest(const Results& results, const std::string& prefix) {
  std::vector<std::pair<std::string, Measured>> found;
  for (const std::string& metric : results.Metrics("profile")) {
    if (metric.starts_with(prefix))
      found.emplace_back(metric.substr(prefix.size()), Figure(results, "profile", metric));
  }
  std::ranges::sort(found, std::greater(), [](const auto& each) { return each.second.figure->median; });
  return found;
}

void AddFunctions(const Results& results, const std::string& prefix, const std::string& title, Section& section) {
  TextTable table{.head = {title, "share of all samples"}, .rows = {}};
  for (const auto& [function, share] : Largest(results, prefix)) {
    if (table.rows.size() < kFunctions)
      table.rows.push_back({"`" + function + "`", Format(*share.figure, Unit::kPercent)});
  }
  if (!table.rows.empty()) section.Add(std::move(table));
}

void Tell(const Results& results, Section& section) {
  section.Target("bxb's own share of all processor time, by profile", Unit::kPercent, Bound::kShown, 0,
                 Figure(results, "profile", "share/client: bxb"));
  section.Text(
      "perf record, 997 samples a second, of this process and of the server's processes that it writes to, while the "
      "writer puts events into the table with the dedup index as fast as they go in (two lanes, without the dedup "
      "cache, since the same events are written again and again).");
  BarChart chart{.title = "Where the processor time goes", .subtitle = "share of all samples", .bars = {}};
  for (const auto& [owner, share] : Largest(results, "share/")) {
    chart.bars.push_back({.name = owner,
                          .value = share.figure->median * 100,
                          .low = share.figure->min * 100,
                          .high = share.figure->max * 100,
                          .label = Format(share.figure->median, Unit::kPercent),
                          .emphasis = owner == "client: bxb"});
  }
  section.Add(Plot{.name = "profile", .caption = "The server's share, and who has the rest", .svg = chart.Svg()});
  AddFunctions(results, "bxb/", "bxb's functions", section);
  AddFunctions(results, "server/", "the server's functions", section);
}

}  // namespace

const Experiment kProfile = {
    .name = "profile", .title = "Where the time goes", .weight = 10, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
