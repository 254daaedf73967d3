#include "schema/partition_interval.h"

#include <fmt/format.h>

#include "absl/time/civil_time.h"

namespace bxb {
namespace {

using schema::Shift;

absl::Time StartOf(PartitionInterval interval, absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  switch (interval) {
    case PartitionInterval::kHour:
      return absl::FromCivil(absl::ToCivilHour(time, utc), utc);
    case PartitionInterval::kDay:
      return absl::FromCivil(absl::ToCivilDay(time, utc), utc);
    case PartitionInterval::kWeek:
      return absl::FromCivil(absl::PrevWeekday(absl::ToCivilDay(time, utc) + 1, absl::Weekday::monday), utc);
    case PartitionInterval::kMonth:
      break;
  }
  return absl::FromCivil(absl::ToCivilMonth(time, utc), utc);
}

}  // namespace

std::string_view Name(PartitionInterval interval) {
  switch (interval) {
    case PartitionInterval::kHour:
      return "hour";
    case PartitionInterval::kDay:
      return "day";
    case PartitionInterval::kWeek:
      return "week";
    case PartitionInterval::kMonth:
      break;
  }
  return "month";
}

TimeRange RangeOf(PartitionInterval interval, absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return {.from = time, .to = time};
  const absl::Time start = StartOf(interval, time);
  return {.from = start, .to = Shift(interval, start, 1)};
}

namespace schema {

absl::Time Shift(PartitionInterval interval, absl::Time start, int intervals) {
  switch (interval) {
    case PartitionInterval::kHour:
      return start + intervals * absl::Hours(1);
    case PartitionInterval::kDay:
      return start + intervals * absl::Hours(24);
    case PartitionInterval::kWeek:
      return start + intervals * absl::Hours(7 * 24);
    case PartitionInterval::kMonth:
      break;
  }
  return absl::FromCivil(absl::ToCivilMonth(start, absl::UTCTimeZone()) + intervals, absl::UTCTimeZone());
}

std::string TimeText(absl::Time time, bool with_zone) {
  const auto civil = absl::UTCTimeZone().At(time);
  const absl::CivilSecond& at = civil.cs;
  const bool bc = at.year() <= 0;
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", bc ? 1 - at.year() : at.year(), at.month(),
                                 at.day(), at.hour(), at.minute(), at.second());
  const auto micros = absl::ToInt64Microseconds(civil.subsecond);
  if (micros != 0) text += fmt::format(".{:06}", micros);
  if (with_zone) text += "+00";
  return bc ? text + " BC" : text;
}

std::string NameSuffix(const TimeRange& range) {
  const absl::CivilSecond at = absl::ToCivilSecond(range.from, absl::UTCTimeZone());
  const std::string year = at.year() > 0 ? fmt::format("{:04}", at.year()) : fmt::format("{:04}bc", 1 - at.year());
  std::string suffix = fmt::format("_p{}{:02}", year, at.month());
  if (range == RangeOf(PartitionInterval::kMonth, range.from)) return suffix;
  suffix += fmt::format("{:02}", at.day());
  if (range == RangeOf(PartitionInterval::kDay, range.from)) return suffix;
  if (range == RangeOf(PartitionInterval::kWeek, range.from)) return suffix;
  return suffix + fmt::format("{:02}", at.hour());
}

}  // namespace schema
}  // namespace bxb
