#include "report/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace bxb::bench::report {
namespace {

struct Step {
  double from;
  double divisor;
  const char* name;
};

// Three figures that count: 1.56, 15.6, 156, 1,560.
std::string Short(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 9.995) return fmt::format("{:.2f}", value);
  if (size < 99.95) return fmt::format("{:.1f}", value);
  const double unit = std::pow(10, std::floor(std::log10(size)) - 2);
  std::string digits = fmt::format("{:.0f}", std::round(value / unit) * unit);
  for (std::size_t at = digits.size(); at > 3 + (value < 0 ? 1 : 0); at -= 3) digits.insert(at - 3, ",");
  return digits;
}

template <std::size_t N>
std::string Stepped(double value, const std::array<Step, N>& steps) {
  for (const auto& [from, divisor, name] : steps) {
    if (std::abs(value) >= from) return fmt::format("{} {}", Short(value / divisor), name);
  }
  return fmt::format("{} {}", Short(value / steps.back().divisor), steps.back().name);
}

std::string Seconds(double value) {
  constexpr std::array kSteps = {Step{120, 60, "min"}, Step{1, 1, "s"}, Step{1e-3, 1e-3, "ms"}, Step{0, 1e-6, "us"}};
  return Stepped(value, kSteps);
}

std::string Bytes(double value) {
  constexpr std::array kSteps = {Step{1e12, 1e12, "TB"}, Step{1e9, 1e9, "GB"}, Step{1e6, 1e6, "MB"},
                                 Step{1e4, 1e3, "kB"}, Step{0, 1, "B"}};
  return Stepped(value, kSteps);
}

Measured Of(const Results& results, const std::string& contender, std::optional<Summary> figure) {
  return {figure, figure ? "" : results.WhyNot(contender)};
}

}  // namespace

std::string Format(double value, Unit unit) {
  switch (unit) {
    case Unit::kPerSecond:
      return Short(value) + "/s";
    case Unit::kTimes:
      return Short(value) + " x";
    case Unit::kPercent:
      return fmt::format("{:.{}f} %", value * 100, std::abs(value) < 0.0995 ? 1 : 0);
    case Unit::kBytes:
      return Bytes(value);
    case Unit::kSeconds:
      return Seconds(value);
    case Unit::kCount:
      return std::abs(value) < 100 ? fmt::format("{:g}", std::round(value * 100) / 100) : Short(value);
  }
  return {};
}

std::string Format(const Summary& summary, Unit unit) {
  const std::string median = Format(summary.median, unit);
  const std::string low = Format(summary.min, unit);
  const std::string high = Format(summary.max, unit);
  return low == high ? median : fmt::format("{} ({} .. {})", median, low, high);
}

Measured Figure(const Results& results, const std::string& contender, const std::string& metric, double factor) {
  std::optional<Summary> figure = results.Of(contender, metric);
  if (figure) figure = {figure->median * factor, figure->min * factor, figure->max * factor};
  return Of(results, contender, figure);
}

Measured Ratio(const Results& results, const std::string& contender, const std::string& other,
               const std::string& metric) {
  Measured ratio = Of(results, contender, results.Ratio(contender, other, metric));
  if (!ratio.figure && ratio.why_not.empty()) ratio.why_not = results.WhyNot(other);
  return ratio;
}

Measured Cost(const Results& results, const std::string& contender, const std::string& other,
              const std::string& metric) {
  Measured cost = Ratio(results, contender, other, metric);
  if (cost.figure) cost.figure = {1 - cost.figure->median, 1 - cost.figure->max, 1 - cost.figure->min};
  return cost;
}

void Section::Claim(int number, std::string what, Claimed claimed, Unit unit, Measured measured) {
  claims_.push_back({number, std::move(what), std::move(claimed), unit, std::move(measured)});
}

void Section::Target(std::string what, Unit unit, Bound bound, double limit, Measured measured) {
  targets_.push_back({std::move(what), unit, bound, limit, std::move(measured)});
}

void Section::Text(std::string paragraph) { parts_.emplace_back(Paragraph{std::move(paragraph)}); }
void Section::Add(TextTable table) { parts_.emplace_back(std::move(table)); }
void Section::Add(Plot plot) { parts_.emplace_back(std::move(plot)); }

std::string Cell(const Measured& measured, Unit unit) {
  return measured.figure ? Format(measured.figure->median, unit) : "not run";
}

std::vector<MetricColumn> AcknowledgementColumns() {
  return {{"rows/s", "rows_per_s", Unit::kPerSecond, 1, true},
          {"p50", "p50_ms", Unit::kSeconds, 1e-3},
          {"p99", "p99_ms", Unit::kSeconds, 1e-3},
          {"client's CPU per event", "client_us", Unit::kSeconds, 1e-6},
          {"server's", "server_us", Unit::kSeconds, 1e-6}};
}

TextTable TableOf(const Results& results, std::string_view prefix, std::string_view first_title,
                  const std::vector<MetricColumn>& columns) {
  TextTable table{.head = {std::string(first_title)}, .rows = {}};
  for (const MetricColumn& column : columns) table.head.push_back(column.title);
  for (const std::string& contender : results.contenders()) {
    if (!contender.starts_with(prefix)) continue;
    std::vector<std::string> row = {contender.substr(prefix.size())};
    for (const MetricColumn& column : columns) {
      const Measured measured = Figure(results, contender, column.metric, column.factor);
      row.push_back(!measured.figure ? ""
                    : column.spread  ? Format(*measured.figure, column.unit)
                                     : Cell(measured, column.unit));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace bxb::bench::report
