#include "absl/time/time.h"

#include <cstdint>
#include <limits>

#include "absl/time/civil_time.h"
#include "bxb/internal/time_codec.h"

namespace bxb::internal {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

constexpr absl::Time kPgEpoch = absl::FromUnixSeconds(kPgEpochUnixSeconds);
constexpr absl::CivilDay kPgEpochDay(2000, 1, 1);
constexpr absl::CivilDay kFirstDay(-4713, 11, 24);
constexpr absl::CivilDay kLastDay(5874897, 12, 31);

}  // namespace

std::int64_t ToPgMicros(absl::Time time) {
  if (time == absl::InfiniteFuture()) return Limits::max();
  if (time == absl::InfinitePast()) return Limits::min();
  // Moved by the epoch first: the last centuries before 294277 do not fit Unix microseconds.
  return absl::ToUnixMicros(time - absl::Seconds(kPgEpochUnixSeconds));
}

absl::Time FromPgMicros(std::int64_t micros) {
  if (micros == Limits::max()) return absl::InfiniteFuture();
  if (micros == Limits::min()) return absl::InfinitePast();
  return kPgEpoch + absl::Microseconds(micros);
}

bool IsDate(absl::CivilDay day) { return day >= kFirstDay && day <= kLastDay; }

std::int32_t ToPgDays(absl::CivilDay day) { return static_cast<std::int32_t>(day - kPgEpochDay); }

absl::CivilDay FromPgDays(std::int32_t days) { return kPgEpochDay + days; }

}  // namespace bxb::internal
