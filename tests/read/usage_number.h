#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "bxb/decimal.h"

namespace bxb::testing {

/// A number of the model: exact, with 18 places behind the point, or NaN or infinite; ordered as PostgreSQL does.
struct Number {
  enum class Kind : std::uint8_t { kNegativeInfinity, kFinite, kInfinity, kNaN };

  Kind kind = Kind::kFinite;
  absl::int128 units = 0;  ///< 10^-18

  /// Plain digits, at most 18 behind the point; "NaN", "Infinity", "-Infinity".
  static Number Of(std::string_view text);

  friend bool operator==(const Number&, const Number&) = default;
  friend bool operator<(const Number& a, const Number& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.units < b.units;
  }
};

/// A sum of numbers times microseconds (or times 1'000'000, for a plain sum).
class Total {
 public:
  void Add(const Number& number, std::int64_t micros = 1'000'000);
  absl::StatusOr<Decimal> ToDecimal() const;

 private:
  bool nan_ = false;
  bool infinite_ = false;
  bool negative_infinite_ = false;
  std::array<absl::int128, 4> limbs_ = {};  // base 10^12, in 10^-24; each with a sign of its own
};

Decimal ToDecimal(const Number& number);

}  // namespace bxb::testing
