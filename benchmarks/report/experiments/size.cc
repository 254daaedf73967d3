// How fast rows go into a table as it grows beyond memory, plain and in daily partitions.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "report/experiments.h"
#include "report/size/growing_table.h"
#include "report/size/growth.h"

namespace bxb::bench::report {
namespace {

constexpr double kSeconds = 65;
constexpr double kGoodError = 0.2;

struct Both {
  explicit Both(const Ground& ground)
      : pool(20'000),
        plain(ground, {.table = "plain"}),
        daily(ground, {.table = "daily", .partition_by = PartitionInterval::kDay, .dedup = DedupScope::kPerTimestamp}),
        end(std::chrono::steady_clock::now() + std::chrono::duration<double>(kSeconds * std::max(ground.scale, 0.15))) {
  }

  bool over() const { return std::chrono::steady_clock::now() > end; }

  Events pool;
  GrowingTable plain;
  GrowingTable daily;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>> end;
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (absl::Status own = ground.RequirePrivateServer(); !own.ok()) return own;
  const auto both = std::make_shared<Both>(ground);
  std::vector<Contender> steps;
  const auto add = [&](const char* name, int step, GrowingTable Both::* table) {
    steps.push_back({GrowthStep(name, step),
                     [=](benchmark::State& state) {
                       if (both->over()) return state.SkipWithError("its time is over");
                       ((*both).*table).Step(state, both->pool);
                     },
                     /*once=*/true});
  };
  for (int step = 1; step <= kGrowthSteps; ++step) {
    add("plain", step, &Both::plain);
    add("daily", step, &Both::daily);
  }
  return steps;
}

Measured Divided(const Measured& part, const Measured& whole) {
  if (!part.figure || !whole.figure) return part.figure ? whole : part;
  const double by = whole.figure->median;
  return {.figure = Summary{part.figure->median / by, part.figure->min / by, part.figure->max / by}, .why_not = ""};
}

void TellClaims(const Growth& plain, const Growth& daily, const GrowthFits& fits, Section& section) {
  const auto rate = [&](const char* what, double claimed, const Measured& measured) {
    section.Claim(6, what, {claimed, claimed}, Unit::kPerSecond, measured);
  };
  const auto ratio = [&](const char* what, double claimed, const Measured& part, const Measured& whole) {
    section.Claim(6, what, {claimed, claimed}, Unit::kTimes, Divided(part, whole));
  };
  rate("one table, its first rows", 115'000, FirstRate(plain));
  rate("one table, at a billion rows: extrapolated", 5'000, RateAtABillion(fits));
  ratio("the same / its first rows", 5.0 / 115, RateAtABillion(fits), FirstRate(plain));
  rate("daily partitions, last rows measured", 111'000, LastRate(daily));
  ratio("the same / their first rows", 111.0 / 115, LastRate(daily), FirstRate(daily));
}

TextTable StepsTable(const Results& results) {
  TextTable table{.head = {"rows in the table", "one table", "its server's CPU per row", "daily partitions",
                           "their server's CPU per row"},
                  .rows = {}};
  for (int step = 1; step <= kGrowthSteps; step += step == 1 ? 3 : 4) {
    const std::string plain = GrowthStep("plain", step);
    const std::string daily = GrowthStep("daily", step);
    if (!results.Of(plain, "rows")) continue;
    table.rows.push_back({Cell(Figure(results, plain, "rows"), Unit::kCount),
                          Cell(Figure(results, plain, "rows_per_s"), Unit::kPerSecond),
                          Cell(Figure(results, plain, "server_us", 1e-6), Unit::kSeconds),
                          Cell(Figure(results, daily, "rows_per_s"), Unit::kPerSecond),
                          Cell(Figure(results, daily, "server_us", 1e-6), Unit::kSeconds)});
  }
  return table;
}

void TellMemory(const Results& results, const Growth& plain, Section& section) {
  const std::string first = GrowthStep("plain", 1);
  const auto memory = results.Of(first, "memory_bytes");
  const auto bounded = results.Of(first, "bounded");
  if (!memory || !bounded) return;
  section.Text(fmt::format(
      "Two private servers, a table on each: one plain, one in daily partitions of 60,000 rows (times the scale), with "
      "the same indexes as far as partitions can have them: a primary key, the dedup key (random UUIDs as text), "
      "organization, code and timestamp, customer and timestamp. {}shared_buffers is a third of {}. Rows go in by "
      "binary COPY over two connections, 10,000 a commit, the tables taking turns step by step. No checkpoint falls "
      "into it, and autovacuum is off: both would make it slower. So every step writes to new WAL files, which costs "
      "more than to use old ones again. The plain table had {} rows in the end, and its "
      "indexes {} a row.",
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

void TellModel(const Growth& plain, const GrowthFits& fits, Section& section) {
  section.Text(
      "The model: time per row = hit + miss * max(0, 1 - fits / rows). Memory holds the index pages of `fits` rows; a "
      "row beyond them finds its pages in memory with the probability fits / rows, and otherwise costs `miss` more. "
      "The three are fitted by least squares of relative errors. A term in log(rows), for the depth of the trees, is "
      "left out: a tree gets one level in a hundredfold of rows, and only its leaves fall out of memory.");
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
      "it that a miss costs then what it costs now, and leaves out what only large tables meet (checkpoints that write "
      "each changed page again, vacuum). With k times the memory the fall begins at k times the rows, and ends at the "
      "same rate. The field's figures are of another machine, whose memory and disk are not told: compare ratios.",
      kBillion / plain.rows));
}

void TellDaily(const Growth& daily, Section& section) {
  const Measured kept = Divided(LastRate(daily), FirstRate(daily));
  if (!kept.figure) return;
  section.Text(fmt::format(
      "The daily partitions ended at {} of the rate of their first steps. Rates here are medians of a few steps, and "
      "their ranges those of these steps.",
      Format(kept.figure->median, Unit::kPercent)));
}

void Tell(const Results& results, Section& section) {
  const Growth plain = GrowthOf(results, "plain");
  const Growth daily = GrowthOf(results, "daily");
  const GrowthFits fits = FitsOf(plain);
  TellClaims(plain, daily, fits, section);
  section.Target("50 million rows into daily partitions: last tenth / first tenth", Unit::kTimes, Bound::kAtLeast, 0.9,
                 {.figure = {}, .why_not = "takes hours: `./dev bench partitions --parts=decay`"});
  TellMemory(results, plain, section);
  section.Add(StepsTable(results));
  TellDaily(daily, section);
  TellModel(plain, fits, section);
  if (plain.points.empty()) return;
  section.Add(Plot{.name = "size",
                   .caption = "Measured steps, and the model of the plain table up to a billion rows (dashed).",
                   .svg = GrowthChart(plain, daily, fits).Svg()});
}

}  // namespace

const Experiment kSize = {
    .name = "size", .title = "A table that outgrows memory", .weight = 70, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
