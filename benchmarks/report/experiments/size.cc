// How fast rows go into a table as it grows beyond memory, plain and in daily partitions.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bxb/schema.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "partitions/generator.h"
#include "partitions/memory_group.h"
#include "partitions/tables.h"
#include "report/decay_model.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr int kConnections = 2;
constexpr int kSteps = 40;
constexpr double kMemoryMb = 96;
constexpr double kSeconds = 65;
constexpr double kBillion = 1e9;
constexpr double kFittedShare = 0.7;
constexpr double kGoodError = 0.2;
constexpr std::ptrdiff_t kEndSteps = 4;  ///< whose median is "its first rows", "its last rows"

constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kStart = absl::FromUnixSeconds(1'735'689'600);  // 2025-01-01

std::string StepName(std::string_view table, int step) { return fmt::format("{}/{:02}", table, step); }

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) Die(result.status().ToString());
  return *std::move(result);
}

// Of the same shape at every scale: twice the memory takes twice the rows to outgrow.
std::size_t MemoryBytes(const Ground& ground) {
  return static_cast<std::size_t>(kMemoryMb * std::max(ground.scale, 0.8)) << 20;
}

// As many batches a step as keep both connections busy to its end.
std::size_t StepRows(const Ground& ground) {
  return (ground.Rows(40'000) + kBatchRows * kConnections - 1) / (kBatchRows * kConnections) * kBatchRows *
         kConnections;
}

// A table on a server of its own, whose memory is bounded, page cache and all, where that can be done.
class Growing {
 public:
  Growing(const Ground& ground, const Layout& layout);

  /// Dies on errors; skips where the experiment's time is over.
  void Step(benchmark::State& state, const Events& pool);

 private:
  std::unique_ptr<Server> Start();
  void MakePartitions(std::size_t rows);

  const std::size_t memory_;
  const std::size_t step_rows_;
  const std::size_t day_rows_;
  std::unique_ptr<partitions::MemoryGroup> group_;  // goes when its processes have gone
  std::unique_ptr<testing::EphemeralPostgres> postgres_;
  std::unique_ptr<Server> server_;
  std::string table_;
  bool partitioned_;
  std::size_t rows_ = 0;
  std::size_t days_ = 1;
  std::vector<Session> sessions_;
};

std::unique_ptr<Server> Growing::Start() {
  postgres_ =
      Must(testing::EphemeralPostgres::Start({.settings = {{"shared_buffers", fmt::format("{}kB", memory_ / 3 / 1'024)},
                                                           {"fsync", "on"},
                                                           {"max_wal_size", "32GB"},
                                                           {"checkpoint_timeout", "1d"},
                                                           {"autovacuum", "off"}}}));
  group_ = partitions::MemoryGroup::Make(memory_);
  if (group_) group_->Add(postgres_->pid());
  return std::make_unique<Server>(RunningServer{postgres_->dsn(), postgres_->pid(), postgres_->dir()}, "bench");
}

Growing::Growing(const Ground& ground, const Layout& layout)
    : memory_(MemoryBytes(ground)),
      step_rows_(StepRows(ground)),
      day_rows_(ground.Rows(60'000)),
      server_(Start()),
      table_(server_->InSchema(layout.table)),
      partitioned_(layout.partition_by.has_value()) {
  Layout named = layout;
  named.table = table_;
  named.ahead = 0;
  server_->session().Run(Must(LayoutDdl(named, kStart)));
  sessions_ = Connect(server_->dsn(), kConnections);
}

void Growing::MakePartitions(std::size_t rows) {
  if (!partitioned_) return;
  for (; days_ * day_rows_ < rows; ++days_) {
    const absl::Time from = kStart + kDay * static_cast<std::int64_t>(days_);
    server_->session().Run(fmt::format("CREATE TABLE {0}_day{1} PARTITION OF {0} FOR VALUES FROM ({2}) TO ({3})",
                                       table_, days_, partitions::Literal(from), partitions::Literal(from + kDay)));
  }
}

void Growing::Step(benchmark::State& state, const Events& pool) {
  const partitions::Generator generator(pool, partitions::Ids::kRandom, kStart,
                                        kDay / static_cast<std::int64_t>(day_rows_));
  const partitions::Rows fresh(generator, rows_, step_rows_);
  const EncodedEvents encoded(fresh.All());
  MakePartitions(rows_ + step_rows_);
  MeasureWork(state, *server_, step_rows_,
              [&] { CopyBatches(sessions_, CopySql(table_), encoded, step_rows_, kBatchRows); });
  rows_ += step_rows_;
  state.counters["rows"] = static_cast<double>(rows_);
  state.counters["memory_bytes"] = static_cast<double>(memory_);
  state.counters["bounded"] = group_ != nullptr;
  const std::string bytes =
      server_->session().Value(fmt::format("SELECT coalesce((SELECT sum(pg_indexes_size(relid)) FROM "
                                           "pg_partition_tree('{0}') WHERE isleaf), pg_indexes_size('{0}'))",
                                           table_));
  state.counters["index_bytes"] = std::stod(bytes) / static_cast<double>(rows_);
}

struct Both {
  explicit Both(const Ground& ground)
      : pool(20'000),
        plain(ground, {.table = "plain"}),
        daily(ground, {.table = "daily", .partition_by = PartitionInterval::kDay, .dedup = DedupScope::kPerTimestamp}),
        end(std::chrono::steady_clock::now() + std::chrono::duration<double>(kSeconds * std::max(ground.scale, 0.5))) {}

  bool over() const { return std::chrono::steady_clock::now() > end; }

  Events pool;
  Growing plain;
  Growing daily;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>> end;
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status own = ground.RequirePrivateServer(); !own.ok()) return own;
  const auto both = std::make_shared<Both>(ground);
  std::vector<Contender> steps;
  const auto add = [&](const char* name, int step, Growing Both::* table) {
    steps.push_back({StepName(name, step),
                     [=](benchmark::State& state) {
                       if (both->over()) return state.SkipWithError("its time is over");
                       ((*both).*table).Step(state, both->pool);
                     },
                     /*once=*/true});
  };
  for (int step = 1; step <= kSteps; ++step) {
    add("plain", step, &Both::plain);
    add("daily", step, &Both::daily);
  }
  return steps;
}

// What was measured of one table.
struct Series {
  std::vector<DecayPoint> points;  ///< at the middle of each step
  std::vector<double> rates;
  double rows = 0;
  double index_bytes = 0;  ///< per row
};

Series SeriesOf(const Results& results, const std::string& table) {
  Series series;
  for (int step = 1; step <= kSteps; ++step) {
    const std::string contender = StepName(table, step);
    const auto rate = results.Of(contender, "rows_per_s");
    const auto rows = results.Of(contender, "rows");
    if (!rate || !rows) continue;
    series.points.push_back({.rows = (series.rows + rows->median) / 2, .seconds = 1 / rate->median});
    series.rates.push_back(rate->median);
    series.rows = rows->median;
    series.index_bytes = results.Of(contender, "index_bytes").value_or(Summary{}).median;
  }
  return series;
}

Measured Rates(const std::vector<double>& rates) { return {.figure = Summarize(rates), .why_not = ""}; }

Measured FirstRate(const Series& series) {
  return Rates(
      {series.rates.begin(), series.rates.begin() + std::min<std::ptrdiff_t>(kEndSteps, std::ssize(series.rates))});
}

Measured LastRate(const Series& series) {
  return Rates(
      {series.rates.end() - std::min<std::ptrdiff_t>(kEndSteps, std::ssize(series.rates)), series.rates.end()});
}

Measured Divided(const Measured& part, const Measured& whole) {
  if (!part.figure || !whole.figure) return part.figure ? whole : part;
  const double by = whole.figure->median;
  return {.figure = Summary{part.figure->median / by, part.figure->min / by, part.figure->max / by}, .why_not = ""};
}

// Two models of the plain table: of all steps, and of the first ones, which is checked against the others.
struct Fits {
  absl::StatusOr<DecayModel> all;
  absl::StatusOr<DecayCheck> checked;
};

// All steps say what is expected; how far the other model is from it, how sure that is.
Measured AtABillion(const Fits& fits) {
  if (!fits.all.ok()) return {.figure = {}, .why_not = std::string(fits.all.status().message())};
  const double rate = 1 / fits.all->SecondsPerRow(kBillion);
  const double other = fits.checked.ok() ? 1 / fits.checked->model.SecondsPerRow(kBillion) : rate;
  return {.figure = Summary{rate, std::min(rate, other), std::max(rate, other)}, .why_not = ""};
}

void TellClaims(const Series& plain, const Series& daily, const Fits& fits, Section& section) {
  const auto rate = [&](const char* what, double claimed, const Measured& measured) {
    section.Claim(6, what, {claimed, claimed}, Unit::kPerSecond, measured);
  };
  const auto ratio = [&](const char* what, double claimed, const Measured& part, const Measured& whole) {
    section.Claim(6, what, {claimed, claimed}, Unit::kTimes, Divided(part, whole));
  };
  rate("one table, its first rows", 115'000, FirstRate(plain));
  rate("one table, at a billion rows: extrapolated", 5'000, AtABillion(fits));
  ratio("the same / its first rows", 5.0 / 115, AtABillion(fits), FirstRate(plain));
  rate("daily partitions, last rows measured", 111'000, LastRate(daily));
  ratio("the same / their first rows", 111.0 / 115, LastRate(daily), FirstRate(daily));
}

std::vector<LineChart::Point> PointsOf(const Series& series) {
  std::vector<LineChart::Point> points;
  for (const DecayPoint& point : series.points) points.push_back({.x = point.rows, .y = 1 / point.seconds});
  return points;
}

std::vector<LineChart::Point> PointsOf(const DecayModel& model, double from) {
  constexpr int kPoints = 80;
  std::vector<LineChart::Point> points;
  for (int i = 0; i <= kPoints; ++i) {
    const double rows = from * std::pow(kBillion / from, static_cast<double>(i) / kPoints);
    points.push_back({.x = rows, .y = 1 / model.SecondsPerRow(rows)});
  }
  return points;
}

LineChart Chart(const Series& plain, const Series& daily, const Fits& fits) {
  LineChart chart{.title = "Rows per second while a table grows",
                  .subtitle = "random ids, a primary key and three indexes, bounded memory",
                  .x = {.title = "rows in the table", .scale = Scale::kLog},
                  .y = {.title = "rows/s"},
                  .lines = {{.name = "one table", .points = PointsOf(plain)},
                            {.name = "daily partitions", .points = PointsOf(daily)}}};
  if (fits.checked.ok()) {
    chart.lines.push_back({.name = fmt::format("model of the first {} steps", fits.checked->fitted),
                           .points = PointsOf(fits.checked->model, plain.points.front().rows),
                           .dashed = true});
  }
  if (fits.all.ok()) {
    chart.lines.push_back(
        {.name = "model of all steps", .points = PointsOf(*fits.all, plain.points.front().rows), .dashed = true});
  }
  return chart;
}

TextTable StepsTable(const Results& results) {
  TextTable table{.head = {"rows in the table", "one table", "its server's CPU per row", "daily partitions",
                           "their server's CPU per row"},
                  .rows = {}};
  for (int step = 1; step <= kSteps; step += step == 1 ? 3 : 4) {
    const std::string plain = StepName("plain", step);
    const std::string daily = StepName("daily", step);
    if (!results.Of(plain, "rows")) continue;
    table.rows.push_back({Cell(Figure(results, plain, "rows"), Unit::kCount),
                          Cell(Figure(results, plain, "rows_per_s"), Unit::kPerSecond),
                          Cell(Figure(results, plain, "server_us", 1e-6), Unit::kSeconds),
                          Cell(Figure(results, daily, "rows_per_s"), Unit::kPerSecond),
                          Cell(Figure(results, daily, "server_us", 1e-6), Unit::kSeconds)});
  }
  return table;
}

void TellMemory(const Results& results, const Series& plain, Section& section) {
  const std::string first = StepName("plain", 1);
  const auto memory = results.Of(first, "memory_bytes");
  const auto bounded = results.Of(first, "bounded");
  if (!memory || !bounded) return;
  section.Text(fmt::format(
      "Two private servers, a table on each: one plain, one in daily partitions of 60,000 rows (times the scale), "
      "with "
      "the same indexes as far as partitions can have them: a primary key, the dedup key (random UUIDs as text), "
      "organization, code and timestamp, customer and timestamp. {}shared_buffers is a third of {}. Rows go in by "
      "binary COPY over two connections, 10,000 a commit, the tables taking turns step by step. "
      "No checkpoint falls into it, and autovacuum is off: both would make it slower. The plain table "
      "had {} rows in the end, and its indexes {} a row.",
      bounded->median > 0
          ? fmt::format("A memory cgroup holds each server to {}, page cache included; ",
                        Format(memory->median, Unit::kBytes))
          : "Memory could not be bounded here (no memory cgroup can be made), so what shared_buffers does "
            "not hold mostly comes from the page cache, and misses look cheaper than they are; ",
      Format(memory->median, Unit::kBytes), Format(plain.rows, Unit::kCount), Format(plain.index_bytes, Unit::kBytes)));
}

std::string Describe(const DecayModel& model) {
  return fmt::format("hit {}, miss {}, fits {} rows", Format(model.hit, Unit::kSeconds),
                     Format(model.miss, Unit::kSeconds), Format(model.fits, Unit::kCount));
}

void TellModel(const Series& plain, const Fits& fits, Section& section) {
  section.Text(
      "The model: time per row = hit + miss * max(0, 1 - fits / rows). Memory holds the index pages of `fits` rows; a "
      "row beyond them finds its pages in memory with the probability fits / rows, and otherwise costs `miss` more. "
      "The "
      "three are fitted by least squares of relative errors. A term in log(rows), for the depth of the trees, is left "
      "out: a tree gets one level in a hundredfold of rows, and only its leaves fall out of memory.");
  if (!fits.all.ok()) {
    return section.Text(
        fmt::format("No model: {}. A larger --scale gets further.", std::string(fits.all.status().message())));
  }
  std::string text = fmt::format("All {} steps: {}. At {} of indexes a row that is {} in memory.", plain.points.size(),
                                 Describe(*fits.all), Format(plain.index_bytes, Unit::kBytes),
                                 Format(fits.all->fits * plain.index_bytes, Unit::kBytes));
  if (fits.checked.ok()) {
    text += fmt::format(
        " Fitted to the first {} steps alone: {}; that predicts the rate of the other {} with an error of {} (median) "
        "and {} (worst).",
        fits.checked->fitted, Describe(fits.checked->model), plain.points.size() - fits.checked->fitted,
        Format(fits.checked->median_error, Unit::kPercent), Format(fits.checked->worst_error, Unit::kPercent));
    if (fits.checked->median_error > kGoodError) text += " So what it extrapolates is an order of magnitude, no more.";
  } else {
    text += fmt::format(" Its error is not known: of the first steps alone, {}.",
                        std::string(fits.checked.status().message()));
  }
  section.Text(text);
  section.Text(fmt::format(
      "A billion rows are {:.0f} times as many as were measured: that figure is an extrapolation, its range the two "
      "models'. It is for this disk and this memory, in which next to no leaf page of a billion rows stays; it takes "
      "it "
      "that a miss costs then what it costs now, and leaves out what only large tables meet (checkpoints that "
      "write each changed page again, vacuum). With k times the memory the fall begins at k times the rows, and ends "
      "at "
      "the same rate. The field's figures are of another machine, whose memory and disk are not told: compare ratios.",
      kBillion / plain.rows));
}

void Tell(const Results& results, Section& section) {
  const Series plain = SeriesOf(results, "plain");
  const Series daily = SeriesOf(results, "daily");
  const Fits fits{.all = FitDecay(plain.points), .checked = CheckDecay(plain.points, kFittedShare)};
  TellClaims(plain, daily, fits, section);
  TellMemory(results, plain, section);
  section.Add(StepsTable(results));
  TellModel(plain, fits, section);
  if (plain.points.empty()) return;
  section.Add(Plot{.name = "size",
                   .caption = "Measured steps, and the model of the plain table up to a billion rows (dashed).",
                   .svg = Chart(plain, daily, fits).Svg()});
}

}  // namespace

const Experiment kSize = {
    .name = "size", .title = "A table that outgrows memory", .weight = 70, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
