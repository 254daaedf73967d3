#pragma once

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace bxb::internal {

/// PostgreSQL counts microseconds and days from 2000-01-01 (UTC).
inline constexpr std::int64_t kPgEpochUnixSeconds = 946'684'800;

/// The first microsecond that `timestamp` can hold, 4714-11-24 BC in the Gregorian calendar (Julian day
/// 0), and the first after its last, the year 294277.
inline constexpr absl::Time kMinTimestamp = absl::FromUnixSeconds(-210'866'803'200);
inline constexpr absl::Time kEndTimestamp = absl::FromUnixSeconds(9'224'318'016'000);

inline bool IsTimestamp(absl::Time time) {
  return (time >= kMinTimestamp && time < kEndTimestamp) || time == absl::InfiniteFuture() ||
         time == absl::InfinitePast();
}

/// Microseconds since 2000, cut toward the past; infinities become PostgreSQL's. Needs IsTimestamp.
std::int64_t ToPgMicros(absl::Time time);
absl::Time FromPgMicros(std::int64_t micros);

bool IsDate(absl::CivilDay day);  ///< 4714-11-24 BC … 5874897-12-31
std::int32_t ToPgDays(absl::CivilDay day);
absl::CivilDay FromPgDays(std::int32_t days);

}  // namespace bxb::internal
