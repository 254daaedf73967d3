#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bxb::bench::partitions {

/// A CSV file of what was measured so far, which a later run goes on with.
class DecayLog {
 public:
  struct Step {
    std::string table;
    std::uint64_t rows;  ///< in the table, at the end of this step
    double seconds;
    double rows_per_s;
    std::uint64_t database_bytes;
    std::uint64_t duplicates;  ///< rows that a run which was killed had written: they cost less

    bool telling() const { return duplicates == 0; }
  };

  /// Reads what is there. Dies where that was measured with other settings, which are a line of text.
  DecayLog(std::string path, const std::string& settings);

  void Append(const Step& step);

  std::vector<Step> StepsOf(std::string_view table) const;

 private:
  void Read(const std::string& settings);

  std::string path_;
  std::vector<Step> steps_;
};

/// What one table's steps amount to.
struct DecaySummary {
  explicit DecaySummary(std::vector<DecayLog::Step> steps);

  std::uint64_t rows = 0;
  double seconds = 0;
  double first_tenth = 0;  ///< rows/s over the first tenth of the telling steps, and over the last one
  double last_tenth = 0;
  std::uint64_t database_bytes = 0;
};

}  // namespace bxb::bench::partitions
