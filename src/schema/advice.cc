#include "schema/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bxb/schema.h"

namespace bxb {
namespace {

using schema::kMostPartitions;

constexpr double kWorthAPartition = 10'000;
constexpr double kDaysFrom = 10'000;
constexpr double kWeeksFrom = 1'000;
constexpr double kOnePlainTable = 50e6;

double Days(PartitionInterval interval) {
  switch (interval) {
    case PartitionInterval::kHour:
      return 1.0 / 24;
    case PartitionInterval::kDay:
      return 1;
    case PartitionInterval::kWeek:
      return 7;
    case PartitionInterval::kMonth:
      break;
  }
  return 365.2425 / 12;
}

/// Also of NaN.
double NotNegative(double number) { return number > 0 ? number : 0; }

double RowsIn(double rows_per_second, PartitionInterval interval) {
  return NotNegative(rows_per_second) * 86'400 * Days(interval);
}

std::string One(PartitionInterval interval) {
  return fmt::format("{} {}", interval == PartitionInterval::kHour ? "an" : "a", Name(interval));
}

/// Retention is seldom a whole number of them, and one more is the current one.
double PartitionsOf(PartitionInterval interval, absl::Duration retention) {
  return std::ceil(NotNegative(absl::FDivDuration(retention, absl::Hours(24))) / Days(interval)) + 1;
}

std::string Count(double number) {
  if (std::isinf(number)) return "ever more";
  constexpr std::array<std::string_view, 5> kUnits = {"", " thousand", " million", " billion", " trillion"};
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  if (number >= 1000) return fmt::format("{:.1e}{}", number, kUnits[unit]);
  return number < 10 && unit > 0 ? fmt::format("{:.1f}{}", number, kUnits[unit])
                                 : fmt::format("{:.0f}{}", number, kUnits[unit]);
}

PartitionInterval ByRate(double rows_per_second) {
  if (rows_per_second >= kDaysFrom) return PartitionInterval::kDay;
  return rows_per_second >= kWeeksFrom ? PartitionInterval::kWeek : PartitionInterval::kMonth;
}

std::string_view RuleFor(PartitionInterval by_rate) {
  if (by_rate == PartitionInterval::kDay) return "days from 10,000 rows/s";
  return by_rate == PartitionInterval::kWeek ? "weeks from 1,000 rows/s" : "months below 1,000 rows/s";
}

PartitionInterval Longer(PartitionInterval interval) {
  return interval == PartitionInterval::kDay ? PartitionInterval::kWeek : PartitionInterval::kMonth;
}

}  // namespace

PartitionAdvice AdvisePartitions(double rows_per_second, absl::Duration retention) {
  const double rows_a_month = RowsIn(rows_per_second, PartitionInterval::kMonth);
  if (rows_a_month < kWorthAPartition) {
    return {.reason = fmt::format("a month has {} rows: one plain table does", Count(rows_a_month))};
  }
  const PartitionInterval by_rate = ByRate(rows_per_second);
  PartitionInterval interval = by_rate;
  while (interval != PartitionInterval::kMonth && PartitionsOf(interval, retention) > kMostPartitions) {
    interval = Longer(interval);
  }
  const double partitions = PartitionsOf(interval, retention);
  std::string reason = fmt::format("{}: {} rows {}, {} partitions", RuleFor(by_rate),
                                   Count(RowsIn(rows_per_second, interval)), One(interval), Count(partitions));
  if (interval != by_rate) {
    reason += fmt::format(" (of {} each there would be {})", One(by_rate), Count(PartitionsOf(by_rate, retention)));
  }
  return {.interval = interval,
          .rows_per_partition = RowsIn(rows_per_second, interval),
          .partitions = partitions,
          .reason = std::move(reason)};
}

std::vector<std::string> LayoutWarnings(const Layout& layout, double rows_per_second, absl::Duration retention) {
  const PartitionAdvice advice = AdvisePartitions(rows_per_second, retention);
  const double rows = NotNegative(rows_per_second) * NotNegative(absl::ToDoubleSeconds(retention));
  std::vector<std::string> warnings;
  if (!layout.partition_by.has_value()) {
    if (advice.interval.has_value() && rows > kOnePlainTable) {
      warnings.push_back(
          fmt::format("one plain table will hold {} rows, and its B-trees will outgrow memory: "
                      "partitions of {} keep inserts fast",
                      Count(rows), One(*advice.interval)));
    }
    return warnings;
  }
  const PartitionInterval interval = *layout.partition_by;
  const double rows_each = RowsIn(rows_per_second, interval);
  const double partitions = PartitionsOf(interval, retention);
  const std::string better = advice.interval.has_value() ? fmt::format("partitions of {}", One(*advice.interval))
                                                         : std::string("one plain table");
  if (rows_each < kWorthAPartition) {
    warnings.push_back(
        fmt::format("{} has {} rows, too few for a partition: better {}", One(interval), Count(rows_each), better));
  }
  if (partitions > kMostPartitions && advice.interval != interval) {
    warnings.push_back(fmt::format("there will be {} partitions of {}, which every query has to plan for: better {}",
                                   Count(partitions), One(interval), better));
  }
  if (advice.interval.has_value() && interval > *advice.interval) {
    warnings.push_back(
        fmt::format("{} has {} rows, many for one partition: better {}", One(interval), Count(rows_each), better));
  }
  return warnings;
}

}  // namespace bxb
