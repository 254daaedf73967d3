#include "partitions/decay_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <utility>

#include "support/session.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::string_view kTitles = "table,rows,seconds,rows_per_s,database_bytes,duplicates";

DecayLog::Step Parse(const std::string& line) {
  DecayLog::Step step{};
  char comma = 0;
  std::istringstream in(line);
  std::getline(in, step.table, ',');
  in >> step.rows >> comma >> step.seconds >> comma >> step.rows_per_s >> comma >> step.database_bytes >> comma >>
      step.duplicates;
  if (!in) Die("not understood in the results so far: " + line);
  return step;
}

// What a run that was killed has begun to write would run into the next line.
void CutUnfinishedLine(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::resize_file(path, text.find_last_of('\n') + 1);
}

double RowsPerSecond(std::span<const DecayLog::Step> steps) {
  double rows = 0;
  double seconds = 0;
  for (const DecayLog::Step& step : steps) {
    rows += step.rows_per_s * step.seconds;
    seconds += step.seconds;
  }
  return seconds > 0 ? rows / seconds : 0;
}

}  // namespace

DecayLog::DecayLog(std::string path, const std::string& settings) : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) {
    CutUnfinishedLine(path_);
    Read(settings);
  } else {
    std::ofstream(path_) << "# " << settings << "\n" << kTitles << "\n";
  }
}

void DecayLog::Read(const std::string& settings) {
  std::ifstream file(path_);
  std::string line;
  std::getline(file, line);
  if (line != "# " + settings) Die(fmt::format("{} has other settings: {}: name another --out", path_, line.substr(2)));
  std::getline(file, line);
  while (std::getline(file, line)) steps_.push_back(Parse(line));
}

void DecayLog::Append(const Step& step) {
  std::ofstream file(path_, std::ios::app);
  file << fmt::format("{},{},{:.3f},{:.0f},{},{}\n", step.table, step.rows, step.seconds, step.rows_per_s,
                      step.database_bytes, step.duplicates);
  if (!file.flush()) Die("cannot write " + path_);
  steps_.push_back(step);
}

std::vector<DecayLog::Step> DecayLog::StepsOf(std::string_view table) const {
  std::vector<Step> found;
  std::ranges::copy_if(steps_, std::back_inserter(found), [&](const Step& step) { return step.table == table; });
  return found;
}

DecaySummary::DecaySummary(std::vector<DecayLog::Step> steps) {
  if (steps.empty()) return;
  rows = steps.back().rows;
  database_bytes = steps.back().database_bytes;
  for (const DecayLog::Step& step : steps) seconds += step.seconds;
  std::erase_if(steps, [](const DecayLog::Step& step) { return !step.telling(); });
  const std::size_t tenth = std::min(steps.size(), std::max<std::size_t>(1, steps.size() / 10));
  first_tenth = RowsPerSecond(std::span(steps).first(tenth));
  last_tenth = RowsPerSecond(std::span(steps).last(tenth));
}

}  // namespace bxb::bench::partitions
