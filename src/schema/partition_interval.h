#pragma once

#include <string>

#include "absl/time/time.h"
#include "bxb/partitions.h"

namespace bxb::schema {

/// The beginning of an interval, moved by whole intervals: forward, or back where `intervals` is negative.
absl::Time Shift(PartitionInterval interval, absl::Time start, int intervals);

/// A finite time that PostgreSQL can hold, as SQL reads it in UTC, unquoted: "2026-01-01 00:00:00+00", and
/// "0044-03-15 00:00:00+00 BC".
std::string TimeText(absl::Time time, bool with_zone);

/// What tells a partition's name from its siblings': "_p202611" for a month, "_p20261122" for a day or the week that
/// begins there, "_p2026112213" for an hour and for any other range.
std::string NameSuffix(const TimeRange& range);

}  // namespace bxb::schema
