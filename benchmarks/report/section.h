#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/report.h"
#include "support/targets.h"

namespace bxb::bench::report {

/// How a figure is written.
enum class Unit : std::uint8_t {
  kPerSecond,  ///< 421,000/s
  kTimes,      ///< 1.56 x
  kPercent,    ///< of 0.85: 85 %
  kBytes,      ///< 183 B, 4.20 GB (powers of ten)
  kSeconds,    ///< 18.0 us, 2.30 ms, 41.0 s
  kCount,      ///< 4, 2.5, 12,300
};

std::string Format(double value, Unit unit);

/// "median (min .. max)"; the median alone where all rounds agree.
std::string Format(const Summary& summary, Unit unit);

/// What was measured, or why it was not.
struct Measured {
  std::optional<Summary> figure;
  std::string why_not;  ///< what stands behind "not run: "; empty: the experiment's reason
};

/// One contender's metric, its rounds times `factor` (0.001 for milliseconds as seconds).
Measured Figure(const Results& results, const std::string& contender, const std::string& metric, double factor = 1);

/// One contender's metric divided by another's, round by round.
Measured Ratio(const Results& results, const std::string& contender, const std::string& other,
               const std::string& metric);

/// 1 - that.
Measured Cost(const Results& results, const std::string& contender, const std::string& other,
              const std::string& metric);

/// What the field says.
struct Claimed {
  double low = 0;
  double high = 0;         ///< as `low` where it is one figure
  std::string words = {};  ///< instead of figures, where there are none: "almost nothing"; then there is no ratio
};

/// A row of the page's first table.
struct ClaimRow {
  int number = 0;  ///< of the claim: 1 .. 12
  std::string what;
  Claimed claimed;
  Unit unit = Unit::kCount;
  Measured measured;
};

/// A row of the table of what the design asks for.
struct TargetRow {
  std::string what;
  Unit unit = Unit::kCount;
  Bound bound = Bound::kShown;
  double limit = 0;
  Measured measured;
};

struct Paragraph {
  std::string text;
};

struct TextTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  bool of_words = false;  ///< else the page aligns what begins with a digit as a figure
};

struct Plot {
  std::string name;     ///< of its file, without ".svg"
  std::string caption;  ///< what to see in it
  std::string svg;
};

/// What an experiment has to say. Texts are plain: the page escapes them.
class Section {
 public:
  void Claim(int number, std::string what, Claimed claimed, Unit unit, Measured measured);
  void Target(std::string what, Unit unit, Bound bound, double limit, Measured measured);
  void Text(std::string paragraph);
  void Add(TextTable table);
  void Add(Plot plot);

  using Part = std::variant<Paragraph, TextTable, Plot>;
  const std::vector<ClaimRow>& claims() const { return claims_; }
  const std::vector<TargetRow>& targets() const { return targets_; }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<ClaimRow> claims_;
  std::vector<TargetRow> targets_;
  std::vector<Part> parts_;
};

/// A cell of a table: the figure as `Format` writes it, or "not run".
std::string Cell(const Measured& measured, Unit unit);

/// The usual table: a row for each contender that begins with `prefix`, in the order of their first runs, with the
/// median of each column's metric; names lose the prefix.
struct MetricColumn {
  std::string title;
  std::string metric;
  Unit unit;
  double factor = 1;
  bool spread = false;  ///< "median (min .. max)"
};

/// Of events that each wait for their own commit: how many a second, how long, and what they cost.
std::vector<MetricColumn> AcknowledgementColumns();

TextTable TableOf(const Results& results, std::string_view prefix, std::string_view first_title,
                  const std::vector<MetricColumn>& columns);

}  // namespace bxb::bench::report
