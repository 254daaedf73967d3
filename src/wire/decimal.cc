#include "bxb/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "wire/powers_of_ten.h"

namespace bxb {
namespace {

using wire::CountDigits;
using wire::kPowersOfTen;
using wire::Magnitude;

absl::Status NotANumber(std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("\"{}\" is not a decimal number", text));
}

absl::Status DoesNotFit(std::string_view what) {
  return absl::OutOfRangeError(
      fmt::format("{} does not fit a Decimal: at most {} digits, of which at most {} after the "
                  "point",
                  what, Decimal::kMaxDigits, Decimal::kMaxScale));
}

bool Matches(std::string_view text, std::string_view word) {
  return absl::EqualsIgnoreCase({text.data(), text.size()}, {word.data(), word.size()});
}

// "123.45e-6" taken apart, before the exponent is applied.
struct Parts {
  bool negative = false;
  bool digits_fit = true;
  absl::uint128 coefficient = 0;
  std::int64_t scale = 0;
};

class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : rest_(text) {}

  bool Read(Parts& parts) {
    parts.negative = Take('-');
    if (!parts.negative) Take('+');
    const std::size_t whole = Digits(parts);
    const std::size_t fraction = Take('.') ? Digits(parts) : 0;
    if (whole + fraction == 0) return false;
    parts.scale = static_cast<std::int64_t>(fraction);
    return (!Take('e') && !Take('E') ? true : Exponent(parts)) && rest_.empty();
  }

 private:
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool AtDigit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  std::size_t Digits(Parts& parts) {
    std::size_t count = 0;
    for (; AtDigit(); rest_.remove_prefix(1), ++count) {
      parts.digits_fit = parts.digits_fit && parts.coefficient < kPowersOfTen[Decimal::kMaxDigits - 1];
      if (parts.digits_fit) parts.coefficient = parts.coefficient * 10 + static_cast<unsigned>(rest_[0] - '0');
    }
    return count;
  }

  bool Exponent(Parts& parts) {
    const bool negative = Take('-');
    if (!negative) Take('+');
    if (!AtDigit()) return false;
    std::int64_t exponent = 0;
    // Anything this large is out of range, however the digits stand.
    for (; AtDigit(); rest_.remove_prefix(1))
      exponent = std::min<std::int64_t>(exponent * 10 + rest_[0] - '0', 1 << 30);
    parts.scale -= negative ? -exponent : exponent;
    return true;
  }

  std::string_view rest_;
};

// Makes a negative scale zero; false where the digits grow too many.
bool AppendZeros(Parts& parts) {
  if (parts.scale >= 0) return true;
  const std::int64_t zeros = -parts.scale;
  parts.scale = 0;
  if (parts.coefficient == 0) return true;
  if (zeros + CountDigits(parts.coefficient) > Decimal::kMaxDigits) return false;
  parts.coefficient *= kPowersOfTen[static_cast<std::size_t>(zeros)];
  return true;
}

// -1, 0 or 1 for the magnitudes of two finite, non-zero numbers.
int CompareMagnitudes(absl::uint128 a, int a_scale, absl::uint128 b, int b_scale) {
  const int a_digits = CountDigits(a);
  const int b_digits = CountDigits(b);
  // Where the first digits stand decides, unless they stand at the same place; then the scales differ as
  // the digits do, and the shorter number can be padded without leaving 128 bits.
  if (a_digits - a_scale != b_digits - b_scale) return a_digits - a_scale < b_digits - b_scale ? -1 : 1;
  if (a_digits < b_digits) a *= kPowersOfTen[static_cast<std::size_t>(b_digits - a_digits)];
  if (b_digits < a_digits) b *= kPowersOfTen[static_cast<std::size_t>(a_digits - b_digits)];
  return a < b ? -1 : a > b ? 1 : 0;
}

int Sign(absl::int128 value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }

std::string DigitsOf(absl::uint128 value) {
  std::string digits;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + static_cast<int>(value % 10));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Of(absl::int128 coefficient, int scale) {
  if (scale < 0 || scale > kMaxScale) return DoesNotFit(fmt::format("scale {}", scale));
  if (Magnitude(coefficient) >= kPowersOfTen[kMaxDigits]) return DoesNotFit("a coefficient of 39 digits");
  Decimal decimal;
  decimal.coefficient_ = coefficient;
  decimal.scale_ = static_cast<std::int16_t>(scale);
  return decimal;
}

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  if (Matches(text, "nan")) return NaN();
  const bool negative = text.starts_with('-');
  const std::string_view word = negative || text.starts_with('+') ? text.substr(1) : text;
  if (Matches(word, "infinity") || Matches(word, "inf")) return negative ? NegativeInfinity() : Infinity();
  Parts parts;
  if (!NumberReader(text).Read(parts)) return NotANumber(text);
  if (!parts.digits_fit || !AppendZeros(parts) || parts.scale > kMaxScale) return DoesNotFit(text);
  const auto coefficient = static_cast<absl::int128>(parts.coefficient);
  return Of(parts.negative ? -coefficient : coefficient, static_cast<int>(parts.scale));
}

std::string Decimal::ToString() const {
  if (is_nan()) return "NaN";
  if (is_infinite()) return kind_ == Kind::kInfinity ? "Infinity" : "-Infinity";
  std::string digits = DigitsOf(Magnitude(coefficient_));
  const auto scale = static_cast<std::size_t>(scale_);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return coefficient_ < 0 ? "-" + digits : digits;
}

double Decimal::ToDouble() const {
  using Limits = std::numeric_limits<double>;
  if (is_nan()) return Limits::quiet_NaN();
  if (is_infinite()) return kind_ == Kind::kInfinity ? Limits::infinity() : -Limits::infinity();
  if (coefficient_ == 0) return 0;
  const std::string text = fmt::format("{}e-{}", DigitsOf(Magnitude(coefficient_)), scale_);
  double magnitude = 0;  // stays where the number is too small for a double
  std::from_chars(text.data(), text.data() + text.size(), magnitude);
  return coefficient_ < 0 ? -magnitude : magnitude;
}

int Decimal::Compare(const Decimal& a, const Decimal& b) {
  if (a.kind_ != b.kind_) return a.kind_ < b.kind_ ? -1 : 1;
  const int sign = Sign(a.coefficient_);
  if (sign != Sign(b.coefficient_)) return sign < Sign(b.coefficient_) ? -1 : 1;
  if (sign == 0) return 0;
  return sign * CompareMagnitudes(Magnitude(a.coefficient_), a.scale_, Magnitude(b.coefficient_), b.scale_);
}

}  // namespace bxb
