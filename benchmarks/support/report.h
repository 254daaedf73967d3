#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bxb::bench {

/// The middle of the rounds, and how far they spread.
struct Summary {
  double median, min, max;
};

/// Why a run failed; nothing where it did not. Google Benchmark has renamed the members with version 1.8.
template <typename Run>
std::optional<std::string> WhyNot(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred ? std::optional(run.error_message) : std::nullopt;
  } else {
    return run.skipped ? std::optional(run.skip_message) : std::nullopt;
  }
}

/// A column of the printed table.
struct Column {
  const char* title;
  const char* metric;
  int width;
  int digits;
  bool spread = false;  ///< "min .. max" instead of the median
};

/// Of values in any order; nothing where there are none.
std::optional<Summary> Summarize(std::vector<double> values);

/// What the rounds have measured, by contender and metric ("rows_per_s", "p99_ms" …).
class Results {
 public:
  void Add(const std::string& contender, const std::string& metric, int round, double value);

  /// Drops what a round has measured.
  void Forget(int round);

  std::optional<Summary> Of(const std::string& contender, const std::string& metric) const;

  /// Every round's value, by the round's number.
  using ByRound = std::map<int, double>;
  const ByRound& Rounds(const std::string& contender, const std::string& metric) const;

  /// All of a contender's metrics in one round.
  std::map<std::string, double> Values(const std::string& contender, int round) const;

  /// The names of what was measured of a contender.
  std::vector<std::string> Metrics(const std::string& contender) const;

  /// Why a contender has not run.
  void AddReason(const std::string& contender, const std::string& why) { reasons_[contender] = why; }
  std::string WhyNot(const std::string& contender) const;

  /// In the order of their first runs.
  const std::vector<std::string>& contenders() const { return contenders_; }

  /// One contender's metric divided by another's, round by round: both had the same machine then.
  std::optional<Summary> Ratio(const std::string& contender, const std::string& other, const std::string& metric) const;

  /// A table: a row for each contender, with the medians of these metrics, or how far they spread.
  void Print(std::ostream& out, std::span<const Column> columns) const;

  /// The same for the contenders whose names begin so, under a title; nothing where there are none.
  void Print(std::ostream& out, std::span<const Column> columns, std::string_view prefix, std::string_view title) const;

 private:
  std::string Cell(const std::string& contender, const Column& column) const;

  std::vector<std::string> contenders_;
  std::map<std::string, std::string> reasons_;
  std::map<std::string, std::map<std::string, ByRound>> values_;
};

/// Adds what a run named "contender/round:N" has measured, or why it has not.
void TakeRun(const benchmark::BenchmarkReporter::Run& run, Results& results);

/// Shows each run on stderr as it ends, and keeps what it measured.
class Progress : public benchmark::ConsoleReporter {
 public:
  explicit Progress(Results& results);
  void ReportRuns(const std::vector<Run>& runs) override;

 private:
  Results& results_;
};

}  // namespace bxb::bench
