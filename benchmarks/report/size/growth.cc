#include "report/size/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace bxb::bench::report {
namespace {

constexpr double kFittedShare = 0.7;
constexpr std::ptrdiff_t kEndSteps = 4;  ///< whose median is "its first rows", "its last rows"

Measured Rates(const std::vector<double>& rates) { return {.figure = Summarize(rates), .why_not = ""}; }

std::vector<LineChart::Point> PointsOf(const Growth& growth) {
  std::vector<LineChart::Point> points;
  for (const DecayPoint& point : growth.points) points.push_back({.x = point.rows, .y = 1 / point.seconds});
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

}  // namespace

std::string GrowthStep(std::string_view table, int step) { return fmt::format("{}/{:02}", table, step); }

Growth GrowthOf(const Results& results, const std::string& table) {
  Growth growth;
  for (int step = 1; step <= kGrowthSteps; ++step) {
    const std::string contender = GrowthStep(table, step);
    const auto rate = results.Of(contender, "rows_per_s");
    const auto rows = results.Of(contender, "rows");
    if (!rate || !rows) continue;
    growth.points.push_back({.rows = (growth.rows + rows->median) / 2, .seconds = 1 / rate->median});
    growth.rates.push_back(rate->median);
    growth.rows = rows->median;
    growth.index_bytes = results.Of(contender, "index_bytes").value_or(Summary{}).median;
  }
  return growth;
}

Measured FirstRate(const Growth& growth) {
  return Rates(
      {growth.rates.begin(), growth.rates.begin() + std::min<std::ptrdiff_t>(kEndSteps, std::ssize(growth.rates))});
}

Measured LastRate(const Growth& growth) {
  return Rates(
      {growth.rates.end() - std::min<std::ptrdiff_t>(kEndSteps, std::ssize(growth.rates)), growth.rates.end()});
}

GrowthFits FitsOf(const Growth& plain) {
  return {.all = FitDecay(plain.points), .checked = CheckDecay(plain.points, kFittedShare)};
}

Measured RateAtABillion(const GrowthFits& fits) {
  if (!fits.all.ok()) return {.figure = {}, .why_not = std::string(fits.all.status().message())};
  const double rate = 1 / fits.all->SecondsPerRow(kBillion);
  const double other = fits.checked.ok() ? 1 / fits.checked->model.SecondsPerRow(kBillion) : rate;
  return {.figure = Summary{rate, std::min(rate, other), std::max(rate, other)}, .why_not = ""};
}

LineChart GrowthChart(const Growth& plain, const Growth& daily, const GrowthFits& fits) {
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

}  // namespace bxb::bench::report
