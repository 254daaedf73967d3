#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"

namespace bxb {

/// An exact decimal number for money and metered quantities: `coefficient × 10^-scale`, or NaN, or
/// plus or minus infinity. It never rounds: what does not fit is an error, not an approximation.
///
/// - Every number of up to 38 significant digits fits, with 0 to 16,383 digits after the point
///   (PostgreSQL's own limit for `numeric`, https://www.postgresql.org/docs/15/datatype-numeric.html).
/// - The scale is kept: 1.50 stays 1.50 in `numeric` and in text. Comparison ignores it: 1.50 == 1.5.
/// - NaN equals NaN and is greater than every other value, as PostgreSQL orders it.
/// - Infinities need PostgreSQL 14 or later, and a `numeric` column without precision.
///
/// A value type of 24 to 32 bytes without heap memory; copy it freely, from any thread.
class Decimal {
 public:
  static constexpr int kMaxDigits = 38;
  static constexpr int kMaxScale = 16383;

  /// Zero, scale 0.
  constexpr Decimal() = default;

  /// An integer, scale 0. Implicit on purpose: every int64_t is exactly a Decimal.
  constexpr Decimal(std::int64_t integer) : coefficient_(integer) {}  // NOLINT(google-explicit-constructor)

  /// coefficient × 10^-scale; for example `Decimal::Of(12345, 2)` is 123.45.
  /// Returns OutOfRange for more than 38 digits or a scale outside 0 … 16,383.
  static absl::StatusOr<Decimal> Of(absl::int128 coefficient, int scale);

  /// Reads `[+-]digits[.digits][e[+-]digits]`, `NaN`, `[+-]Infinity` (any case, no blanks), as
  /// PostgreSQL's numeric input does. InvalidArgument where it is not a number, OutOfRange where it does not fit.
  static absl::StatusOr<Decimal> Parse(std::string_view text);

  static constexpr Decimal NaN() { return Decimal(Kind::kNaN); }
  static constexpr Decimal Infinity() { return Decimal(Kind::kInfinity); }
  static constexpr Decimal NegativeInfinity() { return Decimal(Kind::kNegativeInfinity); }

  bool is_nan() const { return kind_ == Kind::kNaN; }
  bool is_infinite() const { return kind_ == Kind::kInfinity || kind_ == Kind::kNegativeInfinity; }
  bool is_finite() const { return kind_ == Kind::kFinite; }

  /// The signed digits without the point, and how many of them stand after it. Only for finite values.
  absl::int128 coefficient() const { return coefficient_; }
  int scale() const { return scale_; }

  /// What `SELECT x::text` prints for the same numeric: plain digits, never an exponent.
  std::string ToString() const;

  /// The nearest double; NaN and infinities map to their own kind.
  double ToDouble() const;

  friend bool operator==(const Decimal& a, const Decimal& b) { return Compare(a, b) == 0; }
  friend bool operator<(const Decimal& a, const Decimal& b) { return Compare(a, b) < 0; }
  friend std::ostream& operator<<(std::ostream& out, const Decimal& d) { return out << d.ToString(); }

 private:
  enum class Kind : std::uint8_t { kNegativeInfinity, kFinite, kInfinity, kNaN };

  constexpr explicit Decimal(Kind kind) : kind_(kind) {}
  static int Compare(const Decimal& a, const Decimal& b);

  absl::int128 coefficient_ = 0;
  std::int16_t scale_ = 0;
  Kind kind_ = Kind::kFinite;
};

}  // namespace bxb
