#include "read/usage_number.h"

#include <cstddef>

#include "fmt/format.h"

namespace bxb::testing {
namespace {

constexpr std::int64_t kBase = 1'000'000'000'000;
constexpr std::size_t kPlaces = 18;

}  // namespace

Number Number::Of(std::string_view text) {
  if (text == "NaN") return {.kind = Kind::kNaN};
  if (text == "Infinity") return {.kind = Kind::kInfinity};
  if (text == "-Infinity") return {.kind = Kind::kNegativeInfinity};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, text.find('.'));
  std::string digits(text.substr(whole.size() == text.size() ? text.size() : whole.size() + 1));
  digits.resize(kPlaces, '0');
  absl::int128 units = 0;
  for (const char c : std::string(whole) + digits) units = units * 10 + (c - '0');
  return {.units = negative ? -units : units};
}

void Total::Add(const Number& number, std::int64_t micros) {
  nan_ |= number.kind == Number::Kind::kNaN;
  infinite_ |= number.kind == Number::Kind::kInfinity;
  negative_infinite_ |= number.kind == Number::Kind::kNegativeInfinity;
  absl::int128 rest = number.units;
  for (absl::int128& limb : limbs_) {
    limb += rest % kBase * micros;
    rest /= kBase;
  }
}

absl::StatusOr<Decimal> Total::ToDecimal() const {
  if (nan_ || (infinite_ && negative_infinite_)) return Decimal::NaN();
  if (infinite_) return Decimal::Infinity();
  if (negative_infinite_) return Decimal::NegativeInfinity();
  absl::int128 carry = 0;
  std::array<absl::int128, 5> limbs = {};
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    carry += i < limbs_.size() ? limbs_[i] : 0;
    limbs[i] = carry % kBase;
    carry /= kBase;
  }
  // The highest limb decides the sign; lower ones of the other sign borrow from it.
  bool negative = false;
  for (const absl::int128& limb : limbs) negative = limb == 0 ? negative : limb < 0;
  if (negative) {
    for (absl::int128& limb : limbs) limb = -limb;
  }
  for (std::size_t i = 0; i + 1 < limbs.size(); ++i) {
    if (limbs[i] >= 0) continue;
    limbs[i] += kBase;
    limbs[i + 1] -= 1;
  }
  std::string digits;
  for (const absl::int128& limb : limbs) digits.insert(0, fmt::format("{:012}", static_cast<std::int64_t>(limb)));
  digits.insert(digits.size() - kPlaces - 6, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.starts_with('.')) digits.insert(0, "0");
  if (digits.ends_with('.')) digits += '0';
  return Decimal::Parse((negative ? "-" : "") + digits);
}

Decimal ToDecimal(const Number& number) {
  Total total;
  total.Add(number);
  return total.ToDecimal().value();
}

}  // namespace bxb::testing
