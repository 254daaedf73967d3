#include "report/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <utility>
#include <vector>

#include "support/session.h"

namespace bxb::bench::report {
namespace {

constexpr std::string_view kComplete = "complete";

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

// Fields that a record's line has, by its second one.
std::size_t FieldsOf(std::string_view kind) {
  if (kind == "value") return 6;
  if (kind == "why" || kind == "round") return 4;
  if (kind == "begin" || kind == "not_run") return 3;
  return 2;
}

void Take(const std::vector<std::string>& fields, Record& record) {
  const std::string& kind = fields[1];
  if (kind == "begin") {
    record.results.Forget(std::atoi(fields[2].c_str()));
  } else if (kind == "value") {
    record.results.Add(fields[2], fields[3], std::atoi(fields[4].c_str()), std::strtod(fields[5].c_str(), nullptr));
  } else if (kind == "why") {
    record.results.AddReason(fields[2], fields[3]);
  } else if (kind == "round") {
    record.rounds = std::atoi(fields[2].c_str());
    record.seconds += std::strtod(fields[3].c_str(), nullptr);
    record.not_run.clear();
  } else if (kind == "done") {
    record.done = true;
  } else if (kind == "not_run") {
    record.not_run = fields[2];
  }
}

// Whether the file was begun with this heading, and is not complete.
bool Unfinished(const std::string& path, std::string_view heading) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || file.eof() || line != heading) return false;
  bool complete = false;
  while (std::getline(file, line)) complete = line == kComplete;
  return !complete;
}

// A kill may have cut the last line short; what is left of it may look like a whole one.
void DropCutLine(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::resize_file(path, text.rfind('\n') + 1);
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c == '\t' || c == '\n'; }, ' ');
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

Journal::Journal(std::string path, std::string_view heading, bool fresh)
    : path_(std::move(path)), resumed_(!fresh && Unfinished(path_, heading)) {
  if (resumed_) {
    DropCutLine(path_);
  } else {
    std::ofstream(path_) << heading << "\n";
  }
  out_.open(path_, std::ios::app);
  if (!out_) Die(path_ + " cannot be written");
}

std::map<std::string, Record, std::less<>> Journal::Read() const {
  std::map<std::string, Record, std::less<>> records;
  std::ifstream file(path_);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line) && !file.eof()) {
    const std::vector<std::string> fields = Split(line);
    if (fields.size() < 2 || fields.size() != FieldsOf(fields[1])) continue;
    Take(fields, records[fields[0]]);
  }
  return records;
}

void Journal::BeginRound(std::string_view experiment, int round) {
  Append({experiment, "begin", std::to_string(round)});
}

void Journal::Value(std::string_view experiment, std::string_view contender, std::string_view metric, int round,
                    double value) {
  Append({experiment, "value", contender, metric, std::to_string(round), fmt::format("{:.9g}", value)});
}

void Journal::WhyNot(std::string_view experiment, std::string_view contender, std::string_view why) {
  Append({experiment, "why", contender, OneLine(why)});
}

void Journal::Round(std::string_view experiment, int round, double seconds) {
  Append({experiment, "round", std::to_string(round), fmt::format("{:.3f}", seconds)});
}

void Journal::Done(std::string_view experiment) { Append({experiment, "done"}); }

void Journal::NotRun(std::string_view experiment, std::string_view why) {
  Append({experiment, "not_run", OneLine(why)});
}

void Journal::Complete() { out_ << kComplete << "\n" << std::flush; }

void Journal::Append(std::initializer_list<std::string_view> fields) {
  out_ << fmt::format("{}", fmt::join(fields, "\t")) << "\n" << std::flush;
}

}  // namespace bxb::bench::report
