#include "support/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <ranges>

namespace bxb::bench {
namespace {

// Google Benchmark's own name for a rate of items.
std::string MetricName(const std::string& counter) { return counter == "items_per_second" ? "rows_per_s" : counter; }

}  // namespace

std::optional<Summary> Summarize(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return Summary{.median = median, .min = values.front(), .max = values.back()};
}

void Results::Add(const std::string& contender, const std::string& metric, int round, double value) {
  if (!values_.contains(contender)) contenders_.push_back(contender);
  values_[contender][metric][round] = value;
}

void Results::Forget(int round) {
  for (auto& [contender, metrics] : values_) {
    for (auto& [metric, rounds] : metrics) rounds.erase(round);
  }
}

std::optional<Summary> Results::Of(const std::string& contender, const std::string& metric) const {
  std::vector<double> values;
  for (const auto& [round, value] : Rounds(contender, metric)) values.push_back(value);
  return Summarize(std::move(values));
}

std::optional<Summary> Results::Ratio(const std::string& contender, const std::string& other,
                                      const std::string& metric) const {
  const ByRound& others = Rounds(other, metric);
  std::vector<double> ratios;
  for (const auto& [round, value] : Rounds(contender, metric)) {
    if (const auto found = others.find(round); found != others.end()) ratios.push_back(value / found->second);
  }
  return Summarize(std::move(ratios));
}

void Results::Print(std::ostream& out, std::span<const Column> columns) const { Print(out, columns, "", ""); }

void Results::Print(std::ostream& out, std::span<const Column> columns, std::string_view prefix,
                    std::string_view title) const {
  auto wanted = contenders_ | std::views::filter([prefix](const auto& name) { return name.starts_with(prefix); });
  if (wanted.begin() == wanted.end()) return;
  if (!title.empty()) out << "\n" << title << "\n";
  out << fmt::format("{:<28}", "median of the rounds");
  for (const Column& column : columns) out << fmt::format("{:>{}}", column.title, column.width);
  out << "\n";
  for (const std::string& contender : wanted) {
    out << fmt::format("{:<28}", contender);
    for (const Column& column : columns) out << fmt::format("{:>{}}", Cell(contender, column), column.width);
    out << "\n";
  }
}

std::string Results::Cell(const std::string& contender, const Column& column) const {
  const auto summary = Of(contender, column.metric);
  if (!summary) return "";
  if (!column.spread) return fmt::format("{:.{}f}", summary->median, column.digits);
  return fmt::format("{:.{}f} .. {:.{}f}", summary->min, column.digits, summary->max, column.digits);
}

std::map<std::string, double> Results::Values(const std::string& contender, int round) const {
  std::map<std::string, double> values;
  const auto metrics = values_.find(contender);
  if (metrics == values_.end()) return values;
  for (const auto& [metric, rounds] : metrics->second) {
    if (const auto value = rounds.find(round); value != rounds.end()) values[metric] = value->second;
  }
  return values;
}

std::vector<std::string> Results::Metrics(const std::string& contender) const {
  const auto metrics = values_.find(contender);
  if (metrics == values_.end()) return {};
  const auto names = std::views::keys(metrics->second);
  return {names.begin(), names.end()};
}

std::string Results::WhyNot(const std::string& contender) const {
  const auto reason = reasons_.find(contender);
  return reason == reasons_.end() ? "" : reason->second;
}

const Results::ByRound& Results::Rounds(const std::string& contender, const std::string& metric) const {
  static const ByRound kNone;
  const auto metrics = values_.find(contender);
  if (metrics == values_.end()) return kNone;
  const auto rounds = metrics->second.find(metric);
  return rounds == metrics->second.end() ? kNone : rounds->second;
}

void TakeRun(const benchmark::BenchmarkReporter::Run& run, Results& results) {
  if (run.run_type == benchmark::BenchmarkReporter::Run::RT_Aggregate) return;  // rounds are what we repeat
  const std::string& name = run.run_name.function_name;
  const std::size_t split = name.rfind("/round:");
  const std::string contender = name.substr(0, split);
  if (const auto reason = WhyNot(run)) return results.AddReason(contender, *reason);
  const int round = std::atoi(name.substr(split + 7).c_str());
  for (const auto& [counter, value] : run.counters) results.Add(contender, MetricName(counter), round, value);
}

Progress::Progress(Results& results) : ConsoleReporter(OO_None), results_(results) {
  SetOutputStream(&std::cerr);
  SetErrorStream(&std::cerr);
}

void Progress::ReportRuns(const std::vector<Run>& runs) {
  ConsoleReporter::ReportRuns(runs);
  for (const Run& run : runs) TakeRun(run, results_);
}

}  // namespace bxb::bench
