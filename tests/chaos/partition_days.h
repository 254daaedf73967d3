#pragma once

#include <random>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bxb::chaos {

/// The days that events are of, as numbers: 0 is the one on which this object was made, in UTC.
class Days {
 public:
  static constexpr int kOldest = -7;
  static constexpr int kHot = 0;
  static constexpr int kNewest = 2;

  /// Nobody touches its partition: the latest one tells the interval of those to come.
  static constexpr int kAnchor = 30;

  absl::Time StartOf(int day) const { return midnight_ + day * absl::Hours(24); }
  int Of(absl::Time time) const {
    return static_cast<int>(absl::Floor(time - midnight_, absl::Hours(24)) / absl::Hours(24));
  }

  /// One of the days long ago whose turn it is to get events, their first ones mostly. The turn goes on with time.
  int AnyLate(std::mt19937_64& random) const {
    const int turn = static_cast<int>((absl::Now() - made_) / kTurn);
    return kFirstLate + turn + std::uniform_int_distribution(0, kLateAtOnce - 1)(random);
  }

  /// "FOR VALUES FROM (…) TO (…)"
  static std::string BoundsSql(absl::Time from, absl::Time to) {
    const auto text = [](absl::Time time) {
      return absl::FormatTime("'%Y-%m-%d %H:%M:%S+00'", time, absl::UTCTimeZone());
    };
    return "FOR VALUES FROM (" + text(from) + ") TO (" + text(to) + ")";
  }

 private:
  static constexpr int kFirstLate = -400;
  static constexpr int kLateAtOnce = 3;
  static constexpr absl::Duration kTurn = absl::Milliseconds(400);

  const absl::Time made_ = absl::Now();
  const absl::Time midnight_ = absl::FromCivil(absl::ToCivilDay(made_, absl::UTCTimeZone()), absl::UTCTimeZone());
};

}  // namespace bxb::chaos
