// Many rows in little memory: does the last million go in as fast as the first?
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bxb/schema.h"
#include "partitions/decay_log.h"
#include "partitions/ground.h"
#include "partitions/kept_server.h"
#include "support/chart.h"
#include "support/environment.h"
#include "support/must.h"
#include "support/targets.h"
#include "support/writing.h"

namespace bxb::bench::partitions {
namespace {

constexpr int kStepRows = 1'000'000;
constexpr int kFewestSteps = 20;
constexpr std::uint64_t kBlockRows = 1'000;
constexpr int kProducers = 2;
constexpr int kMemoryMb = 1'536;  // for 50 million rows
constexpr int kLeastMemoryMb = 192;
constexpr double kMillion = 1e6;

struct DecayTable {
  std::string name;
  std::string title;
  std::optional<Layout> layout = {};  ///< unset: as WriterOptions::create_table makes it
};

std::vector<DecayTable> DecayTables() {
  const auto daily = [](IndexProfile indexes, DedupScope dedup) {
    return Layout{.partition_by = PartitionInterval::kDay, .indexes = indexes, .dedup = dedup};
  };
  return {{"seed", "one table, primary key and three indexes"},
          {"lean", "one table, lean indexes", Layout{.indexes = IndexProfile::kLean}},
          {"daily", "daily partitions, lean indexes, dedup per timestamp",
           daily(IndexProfile::kLean, DedupScope::kPerTimestamp)},
          {"daily_seed", "daily partitions, primary key and three indexes, dedup per timestamp",
           daily(IndexProfile::kSeed, DedupScope::kPerTimestamp)},
          {"global", "daily partitions, lean indexes, global dedup", daily(IndexProfile::kLean, DedupScope::kGlobal)}};
}

// What was not said follows from the number of rows.
DecaySettings Completed(DecaySettings settings) {
  if (settings.memory_mb == 0) {
    settings.memory_mb =
        std::max(kLeastMemoryMb, static_cast<int>(std::int64_t{kMemoryMb} * settings.rows / 50'000'000));
  }
  if (settings.shared_buffers_mb == 0) settings.shared_buffers_mb = settings.memory_mb / 6;
  return settings;
}

std::string SettingsLine(const DecaySettings& settings) {
  return fmt::format("rows={} days={} ids={} memory_mb={} shared_buffers_mb={}", settings.rows, settings.days,
                     Name(settings.ids), settings.memory_mb, settings.shared_buffers_mb);
}

/// One table, on its own server.
class Filling {
 public:
  Filling(const DecaySettings& settings, const DecayTable& table, const Events& pool, DecayLog& log)
      : settings_(settings),
        table_(table),
        log_(log),
        generator_(pool, settings.ids, kStart, kDay * settings.days / settings.rows),
        step_(static_cast<std::uint64_t>(std::min(kStepRows, std::max(1, settings.rows / kFewestSteps)))) {}

  /// Goes on where the log ends.
  void Run();

 private:
  bool Finished() const;
  void TellServer(KeptServer& server, Session& session) const;
  std::unique_ptr<EventWriter> OpenTable(const std::string& dsn) const;
  FlushReport WriteStep(EventWriter& writer, std::uint64_t begin, std::uint64_t end) const;
  void FillOn(KeptServer& server);
  void RequireRows(Session& session, std::uint64_t rows) const;
  void Record(Session& session, DecayLog::Step step);

  const DecaySettings& settings_;
  const DecayTable& table_;
  DecayLog& log_;
  const Generator generator_;
  const std::uint64_t step_;
};

bool Filling::Finished() const {
  const DecaySummary so_far(log_.StepsOf(table_.name));
  return so_far.rows >= static_cast<std::uint64_t>(settings_.rows) || so_far.seconds >= settings_.max_minutes * 60.0;
}

void Filling::Run() {
  const std::string folder = fmt::format("{}/{}", settings_.out, table_.name);
  const bool exists = std::filesystem::exists(folder + "/data");
  if (Finished() && (settings_.keep_data || !exists)) return;
  if (!exists && !log_.StepsOf(table_.name).empty()) Die(folder + " has lost its data: name another --out");
  const std::map<std::string, std::string> server_settings = {
      {"shared_buffers", fmt::format("{}MB", settings_.shared_buffers_mb)}, {"max_wal_size", "4GB"}};
  KeptServer server(folder, server_settings, static_cast<std::size_t>(settings_.memory_mb) << 20);
  FillOn(server);
  if (!settings_.keep_data) server.Remove();
}

void Filling::TellServer(KeptServer& server, Session& session) const {
  std::string id;
  std::string tuple;
  EventCodec().Encode(generator_.Make(0, id), tuple);
  Facts facts = DescribeEnvironment(session, server.dir(), static_cast<double>(tuple.size()));
  facts.emplace_back("decay", fmt::format("{}: {}", table_.name, table_.title));
  facts.emplace_back("decay's settings", SettingsLine(settings_));
  facts.emplace_back("the server's memory",
                     Describe(server.group(), static_cast<std::size_t>(settings_.memory_mb) << 20));
  Print(facts);
}

std::unique_ptr<EventWriter> Filling::OpenTable(const std::string& dsn) const {
  if (table_.layout) Must(ApplyLayout(dsn, *table_.layout));
  WriterOptions options{.dsn = dsn};
  options.create_table = !table_.layout;
  options.lanes = kConnections;
  options.batch_rows = kBatchRows;
  options.write_timeout = kLong;
  options.partitions.oldest = absl::InfiniteDuration();
  options.partitions.newest = absl::InfiniteDuration();
  return OpenWriter(options);
}

// The producers stay close to each other, so that times advance.
FlushReport Filling::WriteStep(EventWriter& writer, std::uint64_t begin, std::uint64_t end) const {
  std::atomic<std::uint64_t> next = begin;
  std::vector<std::jthread> producers;
  for (int i = 0; i < kProducers; ++i) {
    producers.emplace_back([&] {
      std::string id;
      for (std::uint64_t from; (from = next.fetch_add(kBlockRows)) < end;) {
        for (std::uint64_t row = from; row < std::min(from + kBlockRows, end); ++row) {
          const Event event = generator_.Make(row, id);
          WriteAll(writer, {&event, 1});
        }
      }
    });
  }
  producers.clear();
  FlushReport report = writer.Flush(kLong);
  if (!report.all_stored()) Die(report.last_error.ToString());
  return report;
}

void Filling::FillOn(KeptServer& server) {
  Session session(server.dsn());
  TellServer(server, session);
  const auto writer = OpenTable(server.dsn());
  const auto rows = static_cast<std::uint64_t>(settings_.rows);
  for (std::uint64_t at = DecaySummary(log_.StepsOf(table_.name)).rows; !Finished();) {
    const std::uint64_t end = std::min(at + step_, rows);
    FlushReport report;
    const double seconds = SecondsOf([&] { report = WriteStep(*writer, at, end); });
    Record(session, {.table = table_.name,
                     .rows = end,
                     .seconds = seconds,
                     .rows_per_s = static_cast<double>(end - at) / seconds,
                     .duplicates = report.duplicates});
    at = end;
  }
  const FlushReport closed = writer->Close(kLong);
  if (!closed.all_stored()) Die(closed.last_error.ToString());
  RequireRows(session, DecaySummary(log_.StepsOf(table_.name)).rows);
}

// None was lost, and none counted twice when a step was written again.
void Filling::RequireRows(Session& session, std::uint64_t rows) const {
  std::cerr << fmt::format("decay/{}: counting\n", table_.name);
  const std::string stored = session.Value("SELECT count(*) FROM events");
  if (stored != std::to_string(rows)) Die(fmt::format("{}: {} rows stored instead of {}", table_.name, stored, rows));
}

void Filling::Record(Session& session, DecayLog::Step step) {
  step.database_bytes = std::stoull(session.Value("SELECT pg_database_size(current_database())"));
  log_.Append(step);
  std::cerr << fmt::format("decay/{:<12}{:8.2f} of {} million {:>10.0f} rows/s {:>8.1f} GiB\n", step.table,
                           static_cast<double>(step.rows) / kMillion, settings_.rows / kMillion, step.rows_per_s,
                           static_cast<double>(step.database_bytes) / (1 << 30));
}

std::string Note(const DecaySettings& settings, const DecaySummary& summary) {
  if (summary.rows >= static_cast<std::uint64_t>(settings.rows)) return "";
  return fmt::format("cut after {:g} million, {} minutes", static_cast<double>(summary.rows) / kMillion,
                     settings.max_minutes);
}

void PrintTable(const DecaySettings& settings, const std::vector<DecayTable>& tables, const DecayLog& log) {
  std::cout << fmt::format(
      "\ndecay: one table after the other, each on a server of its own: side by side they would "
      "take each other's memory\n{}\n{:<14}{:>10}{:>14}{:>14}{:>8}{:>10}\n",
      SettingsLine(settings), "rows/s", "million", "first tenth", "last tenth", "ratio", "GiB");
  for (const DecayTable& table : tables) {
    const DecaySummary summary(log.StepsOf(table.name));
    std::cout << fmt::format("{:<14}{:>10.2f}{:>14.0f}{:>14.0f}{:>8.2f}{:>10.1f}  {}\n", table.name,
                             static_cast<double>(summary.rows) / kMillion, summary.first_tenth, summary.last_tenth,
                             summary.last_tenth / summary.first_tenth,
                             static_cast<double>(summary.database_bytes) / (1 << 30), Note(settings, summary));
  }
}

void PrintDecayTargets(const std::vector<DecayTable>& tables, const DecayLog& log) {
  Targets targets(std::cout);
  for (const DecayTable& table : tables) {
    const DecaySummary summary(log.StepsOf(table.name));
    const double ratio = summary.last_tenth / summary.first_tenth;
    targets.Row(fmt::format("decay: last tenth / first tenth, {}", table.name), Summary{ratio, ratio, ratio},
                table.layout && table.layout->partition_by ? Bound::kAtLeast : Bound::kShown, 0.9);
  }
}

void DrawChart(const DecaySettings& settings, const std::vector<DecayTable>& tables, const DecayLog& log) {
  LineChart chart{
      .title = "Rows per second while a table grows",
      .subtitle = fmt::format("{} MiB of memory, {} transaction ids", settings.memory_mb, Name(settings.ids)),
      .x = {.title = "million rows in the table"},
      .y = {.title = "rows/s"}};
  for (const DecayTable& table : tables) {
    const std::vector<DecayLog::Step> steps = log.StepsOf(table.name);
    const std::string note = Note(settings, DecaySummary(steps));
    LineChart::Line line{.name = note.empty() ? table.title : fmt::format("{} ({})", table.title, note)};
    for (const DecayLog::Step& step : steps) {
      if (step.telling()) line.points.push_back({static_cast<double>(step.rows) / kMillion, step.rows_per_s});
    }
    chart.lines.push_back(std::move(line));
  }
  const std::string path = settings.out + "/decay.svg";
  std::ofstream(path) << chart.Svg();
  std::cout << fmt::format("\nfigures: {}/decay.csv, picture: {}\n", settings.out, path);
}

}  // namespace

void RunDecay(const DecaySettings& asked, const Events& events) {
  const DecaySettings settings = Completed(asked);
  std::vector<DecayTable> tables = DecayTables();
  std::erase_if(tables, [&](const DecayTable& table) { return !Lists(settings.tables, table.name); });
  std::filesystem::create_directories(settings.out);
  DecayLog log(settings.out + "/decay.csv", SettingsLine(settings));
  for (const DecayTable& table : tables) Filling(settings, table, events, log).Run();
  PrintTable(settings, tables, log);
  PrintDecayTargets(tables, log);
  DrawChart(settings, tables, log);
}

}  // namespace bxb::bench::partitions
