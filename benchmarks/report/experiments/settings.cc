// What settings of the server gain on top of PostgreSQL's own.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bxb/testing/ephemeral_postgres.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/must.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

using Settings = std::map<std::string, std::string>;

constexpr std::size_t kBatchRows = 10'000;
constexpr std::size_t kRowsAtScale1 = 100'000;
constexpr int kConnections = 2;
constexpr int kInserters = 8;
constexpr const char* kDefaults = "PostgreSQL's defaults";
constexpr const char* kAsync = "synchronous_commit off";
constexpr const char* kWalBuffers = "wal_buffers 64 MB";
constexpr const char* kRareCheckpoints = "max_wal_size 8 GB, checkpoint_timeout 30 min";
constexpr const char* kLz4 = "wal_compression lz4";
constexpr const char* kAll = "all of them";

// A server that starts again with other settings.
class Tuned {
 public:
  explicit Tuned(const Ground& ground)
      : postgres_(Must(testing::EphemeralPostgres::Start(
            {.settings = {{"fsync", "on"}, {"autovacuum", "off"}, {"log_checkpoints", "on"}}}))),
        rows_(ground.Rows(kRowsAtScale1)),
        insert_seconds_(0.5 * std::clamp(ground.scale, 1.0, 10.0)),
        events_(2 * rows_),
        before_(events_.First(rows_)),
        encoded_(events_.Slice(rows_, rows_)) {
    has_lz4_ =
        One("SELECT coalesce('lz4' = ANY (enumvals), false) FROM pg_settings WHERE name = 'wal_compression'") == "t";
    WarmUpLog();
  }

  bool has_lz4() const { return has_lz4_; }

  void Measure(benchmark::State& state, Settings settings);

 private:
  std::string One(const std::string& sql) { return *Must(postgres_->Query(sql)).front().front(); }
  void WarmUpLog();
  std::unique_ptr<Server> RestartWith(const Settings& settings);
  int CheckpointsBegun() const;
  void Copy(benchmark::State& state, Server& server);
  double InsertsPerSecond(Server& server);

  std::unique_ptr<testing::EphemeralPostgres> postgres_;
  std::size_t rows_;
  double insert_seconds_;
  Events events_;
  EncodedEvents before_;   ///< what is in the table at first
  EncodedEvents encoded_;  ///< and what is measured
  bool has_lz4_ = false;
};

// A log file that is used again costs less than a new one: the first contender would pay for them all.
void Tuned::WarmUpLog() {
  const std::size_t kilobytes = std::clamp<std::size_t>(4 * rows_, 100'000, 1'000'000);
  Must(postgres_->Query(
      fmt::format("CREATE TABLE warm_up AS SELECT repeat('x', 1000) FROM generate_series(1, {})", kilobytes)));
  Must(postgres_->Query("DROP TABLE warm_up"));
  Must(postgres_->Query("CHECKPOINT"));
}

std::unique_ptr<Server> Tuned::RestartWith(const Settings& settings) {
  Must(postgres_->Query("ALTER SYSTEM RESET ALL"));
  for (const auto& [name, value] : settings) {
    Must(postgres_->Query(fmt::format("ALTER SYSTEM SET {} = '{}'", name, value)));
  }
  Must(postgres_->Restart());
  return std::make_unique<Server>(RunningServer{postgres_->dsn(), postgres_->pid(), postgres_->dir()}, "bench");
}

// Counters in the catalog lag behind; a line of the log is there before the checkpoint does anything.
int Tuned::CheckpointsBegun() const {
  std::ifstream log(postgres_->dir() + "/log");
  int begun = 0;
  for (std::string line; std::getline(log, line);) begun += line.find("checkpoint starting:") != std::string::npos;
  return begun;
}

// The table has rows, and each of its pages is changed for the first time since a checkpoint: as at any later time.
void Tuned::Copy(benchmark::State& state, Server& server) {
  const std::string table = server.NameOf(Table::kSeed);
  std::vector<Session> sessions = Connect(server.dsn(), kConnections);
  CopyBatches(sessions, CopySql(table), before_, rows_, kBatchRows);
  server.Checkpoint();
  const int checkpoints = CheckpointsBegun();
  const std::string from = server.session().Value("SELECT pg_current_wal_insert_lsn()");
  MeasureWork(state, server, rows_, [&] { CopyBatches(sessions, CopySql(table), encoded_, rows_, kBatchRows); });
  const std::string log_bytes = server.session().Value(fmt::format("SELECT pg_current_wal_insert_lsn() - '{}'", from));
  state.counters["log_bytes"] = std::stod(log_bytes) / static_cast<double>(rows_);
  state.counters["checkpoints"] = CheckpointsBegun() - checkpoints;
  server.RequireRows(table, 2 * rows_);
}

double Tuned::InsertsPerSecond(Server& server) {
  server.Clear();
  std::vector<Session> sessions = Connect(server.dsn(), kInserters);
  for (Session& session : sessions) {
    session.Prepare("put", fmt::format("INSERT INTO {} ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
                                       server.NameOf(Table::kSeed), kColumns));
  }
  std::atomic<std::size_t> next = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(insert_seconds_);
  const double seconds = SecondsOf([&] {
    InParallel(sessions, [&](Session& session) {
      while (std::chrono::steady_clock::now() < end) {
        const std::size_t i = next++;
        if (i >= encoded_.size()) return;
        session.Execute("put", encoded_.Tuple(i));
      }
    });
  });
  return static_cast<double>(server.Count(server.NameOf(Table::kSeed))) / seconds;
}

void Tuned::Measure(benchmark::State& state, Settings settings) {
  if (!has_lz4_ && settings.erase("wal_compression") > 0 && settings.empty()) {
    return state.SkipWithError("this server has no lz4 for its log");
  }
  const auto server = RestartWith(settings);
  Copy(state, *server);
  state.counters["inserts_per_s"] = InsertsPerSecond(*server);
}

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status own = ground.RequirePrivateServer(); !own.ok()) return own;
  const std::vector<std::pair<const char*, Settings>> each = {
      {kAsync, {{"synchronous_commit", "off"}}},
      {kWalBuffers, {{"wal_buffers", "64MB"}}},
      {kRareCheckpoints, {{"max_wal_size", "8GB"}, {"checkpoint_timeout", "30min"}}},
      {kLz4, {{"wal_compression", "lz4"}}}};
  const auto tuned = std::make_shared<Tuned>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, const Settings& settings) {
    contenders.push_back({name, [=](benchmark::State& state) { tuned->Measure(state, settings); }});
  };
  add(kDefaults, {});
  Settings all;
  for (const auto& [name, settings] : each) {
    add(name, settings);
    all.insert(settings.begin(), settings.end());
  }
  add(kAll, all);
  return contenders;
}

BarChart Chart(const Results& results) {
  BarChart chart{.title = "What settings gain",
                 .subtitle = "rows/s relative to PostgreSQL's defaults, round by round: median and range",
                 .bars = {}};
  const auto add = [&](const std::string& contender, const char* how, const char* metric) {
    const auto ratio = results.Ratio(contender, kDefaults, metric);
    if (!ratio) return;
    chart.bars.push_back({.name = fmt::format("{}: {}", how, contender),
                          .value = ratio->median,
                          .low = ratio->min,
                          .high = ratio->max,
                          .label = Format(ratio->median, Unit::kTimes)});
  };
  for (const char* how : {"COPY", "INSERT"}) {
    for (const std::string& contender : results.contenders()) {
      if (contender != kDefaults) add(contender, how, how == std::string("COPY") ? "rows_per_s" : "inserts_per_s");
    }
  }
  return chart;
}

void TellCheckpoints(const Results& results, Section& section) {
  const auto begun = results.Of(kDefaults, "checkpoints");
  const auto log_bytes = results.Of(kDefaults, "log_bytes");
  if (!begun || !log_bytes) return;
  // The server begins one when so much is written that the next would be over by max_wal_size.
  constexpr double kBytesToCheckpoint = 1024.0 * 1024 * 1024 / 1.9;
  if (begun->max > 0) {
    section.Text(fmt::format(
        "With the defaults {:g} to {:g} checkpoints began while rows were copied; with 8 GB, {:g}.", begun->min,
        begun->max, results.Of(kRareCheckpoints, "checkpoints").value_or(Summary{0, 0, 0}).max));
  } else {
    section.Text(fmt::format(
        "No checkpoint fell into a run, not even with the default max_wal_size of 1 GB: that begins one after "
        "about 565 MB of WAL, {:.0f},000 rows at {:.0f} bytes. So max_wal_size and checkpoint_timeout cannot show "
        "anything here, and how far their line is from the defaults' is what chance makes of the others, too; with "
        "--scale={:.0f} or more a checkpoint falls into each run.",
        kBytesToCheckpoint / log_bytes->median / 1'000, log_bytes->median,
        std::ceil(1.2 * kBytesToCheckpoint / log_bytes->median / kRowsAtScale1)));
  }
}

void TellClaims(const Results& results, Section& section) {
  const auto gain = [&](const char* what, const char* contender, const char* metric, Claimed claimed) {
    section.Claim(4, what, std::move(claimed), Unit::kTimes, Ratio(results, contender, kDefaults, metric));
  };
  const Claimed helps{.words = "helps"};
  gain("synchronous_commit = off, COPY with a commit for each 10,000 rows", kAsync, "rows_per_s", {1.10, 1.10});
  gain("synchronous_commit = off, single-row INSERTs on 8 connections", kAsync, "inserts_per_s", {1.10, 1.10});
  gain("wal_buffers = 64MB (default: 4 MB), COPY", kWalBuffers, "rows_per_s", helps);
  const auto begun = results.Of(kDefaults, "checkpoints");
  section.Claim(4, "max_wal_size = 8GB, checkpoint_timeout = 30min, COPY", helps, Unit::kTimes,
                begun && begun->max == 0
                    ? Measured{.figure = {}, .why_not = "no checkpoint falls into so short a run; see the section"}
                    : Ratio(results, kRareCheckpoints, kDefaults, "rows_per_s"));
  gain("wal_compression = lz4, COPY", kLz4, "rows_per_s", helps);
  gain("wal_compression = lz4, WAL bytes per row", kLz4, "log_bytes", {.words = "fewer"});
  gain("all of these settings together, COPY", kAll, "rows_per_s", helps);
}

void Tell(const Results& results, Section& section) {
  TellClaims(results, section);
  section.Text(
      "A private server with PostgreSQL's own settings (shared_buffers 128 MB, full_page_writes on; only autovacuum is "
      "off) is started again for each row of the table, with that setting. An events table with a primary key and "
      "three indexes is filled with as many rows as are measured, a CHECKPOINT follows, and then COPY is measured: "
      "binary, encoded beforehand, a commit for each 10,000 rows, two connections. So the first change of each old "
      "page writes the page into the WAL, which is all that wal_compression compresses. Single rows go into the "
      "emptied table by a prepared INSERT on 8 connections, a commit each.");
  section.Add(TableOf(results, "", "setting",
                      {{"COPY, rows/s", "rows_per_s", Unit::kPerSecond, 1, true},
                       {"INSERT, rows/s", "inserts_per_s", Unit::kPerSecond, 1, true},
                       {"WAL per row copied", "log_bytes", Unit::kBytes},
                       {"server's CPU per row copied", "server_us", Unit::kSeconds, 1e-6},
                       {"checkpoints in COPY", "checkpoints", Unit::kCount}}));
  TellCheckpoints(results, section);
  if (!results.WhyNot(kLz4).empty()) section.Text("This server has no lz4, so \"all of them\" are without it.");
  section.Text(
      "What synchronous_commit = off spares is waiting for the disk once a commit: 10,000 rows share one wait in COPY, "
      "and a single-row INSERT has one of its own. A crash then loses commits of the last moments that were reported "
      "as done.");
  section.Add(Plot{.name = "settings",
                   .caption = "Settings against PostgreSQL's defaults; 1.00 is no difference.",
                   .svg = Chart(results).Svg()});
}

}  // namespace

const Experiment kSettings = {
    .name = "settings", .title = "Settings of the server", .weight = 50, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
