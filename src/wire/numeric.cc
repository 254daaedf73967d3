#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/numeric/int128.h"
#include "bxb/decimal.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/got.h"
#include "bxb/internal/numeric_codec.h"
#include "wire/powers_of_ten.h"

namespace bxb::internal {
namespace {

constexpr std::uint16_t kPositive = 0x0000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNaN = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kNegativeInfinity = 0xF000;
constexpr std::size_t kHeaderBytes = 8;
constexpr unsigned kBase = 10'000;
constexpr int kBaseDigits = 4;

struct Header {
  std::uint16_t digits = 0;
  std::int16_t weight = 0;  // the first digit counts kBase^weight
  std::uint16_t sign = kPositive;
  std::uint16_t scale = 0;
};

char* PutHeader(char* out, const Header& header) {
  out = PutBig(out, header.digits);
  out = PutBig(out, header.weight);
  out = PutBig(out, header.sign);
  return PutBig(out, header.scale);
}

Header GetHeader(const char* in) {
  return {GetBig<std::uint16_t>(in), GetBig<std::int16_t>(in + 2), GetBig<std::uint16_t>(in + 4),
          GetBig<std::uint16_t>(in + 6)};
}

// The base-10,000 digits of a number, last one first, without zeros at either end.
class Digits {
 public:
  void Add(unsigned digit) {
    if (count_ == 0 && digit == 0) {
      ++skipped_;
    } else {
      digits_[count_++] = static_cast<std::uint16_t>(digit);
    }
  }

  template <class Unsigned>
  void AddAll(Unsigned value) {
    for (; value != 0; value /= kBase) Add(static_cast<unsigned>(value % kBase));
  }

  // `first_weight` is that of the first digit added.
  char* Put(char* out, int first_weight, std::uint16_t sign, int scale) const {
    const int weight = first_weight + skipped_ + static_cast<int>(count_) - 1;
    out = PutHeader(out, {.digits = static_cast<std::uint16_t>(count_),
                          .weight = static_cast<std::int16_t>(count_ == 0 ? 0 : weight),
                          .sign = sign,
                          .scale = static_cast<std::uint16_t>(scale)});
    for (std::size_t i = count_; i > 0; --i) out = PutBig(out, digits_[i - 1]);
    return out;
  }

 private:
  std::array<std::uint16_t, (kMaxNumericBytes - kHeaderBytes) / 2> digits_;
  std::size_t count_ = 0;
  int skipped_ = 0;
};

template <class Unsigned>
char* PutFinite(char* out, Unsigned magnitude, bool negative, int scale) {
  Digits digits;
  // Base-10,000 digits are aligned to the decimal point, so the last one may be a part of four digits.
  const int part = scale % kBaseDigits;
  if (part != 0) {
    const auto split = static_cast<unsigned>(wire::kPowersOfTen[static_cast<std::size_t>(part)]);
    const auto pad = static_cast<unsigned>(wire::kPowersOfTen[static_cast<std::size_t>(kBaseDigits - part)]);
    digits.Add(static_cast<unsigned>(magnitude % split) * pad);
    magnitude /= split;
  }
  digits.AddAll(magnitude);
  const int first_weight = -(scale + kBaseDigits - 1) / kBaseDigits;
  return digits.Put(out, first_weight, negative ? kNegative : kPositive, scale);
}

char* PutSpecial(char* out, const Decimal& value) {
  const std::uint16_t sign = value.is_nan() ? kNaN : value < Decimal() ? kNegativeInfinity : kInfinity;
  return PutHeader(out, {.sign = sign});
}

// Sums digit × 10^(scale + 4 × its weight): the coefficient at that scale. Unfit where it has more than 38
// digits, or a digit below the scale.
Got GetCoefficient(std::string_view digits, int weight, int scale, absl::uint128& coefficient) {
  for (int exponent = kBaseDigits * weight + scale; !digits.empty(); exponent -= kBaseDigits) {
    const unsigned digit = GetBig<std::uint16_t>(digits.data());
    digits.remove_prefix(sizeof(std::uint16_t));
    if (digit >= kBase) return Got::kMalformed;
    if (digit == 0) continue;
    if (exponent <= -kBaseDigits || wire::CountDigits(digit) + exponent > Decimal::kMaxDigits) return Got::kUnfit;
    const absl::uint128 power = wire::kPowersOfTen[static_cast<std::size_t>(std::abs(exponent))];
    if (exponent < 0 && digit % power != 0) return Got::kUnfit;
    coefficient += exponent < 0 ? digit / power : digit * power;
  }
  return Got::kValue;
}

bool IsWhole(const Header& header, std::size_t bytes) {
  return bytes == kHeaderBytes + 2 * std::size_t{header.digits} && header.scale <= Decimal::kMaxScale;
}

// The coefficient of a finite number, with its sign.
Got GetFinite(const Header& header, std::string_view digits, int scale, absl::int128& out) {
  absl::uint128 magnitude = 0;
  const Got got = GetCoefficient(digits, header.weight, scale, magnitude);
  const auto positive = static_cast<absl::int128>(magnitude);
  out = header.sign == kNegative ? -positive : positive;
  return got;
}

Got GetSpecial(std::uint16_t sign, Decimal& out) {
  switch (sign) {
    case kNaN:
      out = Decimal::NaN();
      return Got::kValue;
    case kInfinity:
      out = Decimal::Infinity();
      return Got::kValue;
    case kNegativeInfinity:
      out = Decimal::NegativeInfinity();
      return Got::kValue;
    default:
      return Got::kMalformed;
  }
}

bool IsFinite(std::uint16_t sign) { return sign == kPositive || sign == kNegative; }

}  // namespace

char* PutNumeric(char* out, const Decimal& value) {
  if (!value.is_finite()) return PutSpecial(out, value);
  const absl::uint128 magnitude = wire::Magnitude(value.coefficient());
  const bool negative = value.coefficient() < 0;
  // Most numbers fit 64 bits, where division is several times as fast.
  if (absl::Uint128High64(magnitude) == 0) {
    return PutFinite(out, absl::Uint128Low64(magnitude), negative, value.scale());
  }
  return PutFinite(out, magnitude, negative, value.scale());
}

char* PutNumeric(char* out, std::int64_t value) {
  return PutFinite(out, absl::Uint128Low64(wire::Magnitude(value)), value < 0, 0);
}

Got GetNumeric(std::string_view in, Decimal& out) {
  if (in.size() < kHeaderBytes) return Got::kMalformed;
  const Header header = GetHeader(in.data());
  if (!IsWhole(header, in.size())) return Got::kMalformed;
  if (!IsFinite(header.sign)) return GetSpecial(header.sign, out);
  absl::int128 coefficient = 0;
  const Got got = GetFinite(header, in.substr(kHeaderBytes), header.scale, coefficient);
  if (got != Got::kValue) return got;
  const auto decimal = Decimal::Of(coefficient, header.scale);
  if (!decimal.ok()) return Got::kUnfit;
  out = *decimal;
  return Got::kValue;
}

Got GetNumeric(std::string_view in, std::int64_t& out) {
  if (in.size() < kHeaderBytes) return Got::kMalformed;
  const Header header = GetHeader(in.data());
  if (!IsWhole(header, in.size())) return Got::kMalformed;
  if (!IsFinite(header.sign)) return header.sign >= kNaN ? Got::kUnfit : Got::kMalformed;
  absl::int128 whole = 0;
  const Got got = GetFinite(header, in.substr(kHeaderBytes), 0, whole);
  if (got != Got::kValue) return got;
  out = static_cast<std::int64_t>(whole);
  return absl::int128(out) == whole ? Got::kValue : Got::kUnfit;
}

}  // namespace bxb::internal
