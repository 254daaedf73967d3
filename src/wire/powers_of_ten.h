#pragma once

#include <array>
#include <cstddef>

#include "absl/numeric/int128.h"

namespace bxb::wire {

/// 10^0 … 10^38, all that 128 bits hold.
inline constexpr std::array<absl::uint128, 39> kPowersOfTen = [] {
  std::array<absl::uint128, 39> powers{};
  absl::uint128 power = 1;
  for (absl::uint128& entry : powers) {
    entry = power;
    power = (power << 3) + (power << 1);
  }
  return powers;
}();

/// How many decimal digits a number has; 0 for zero.
constexpr int CountDigits(absl::uint128 value) {
  int digits = 0;
  while (digits < static_cast<int>(kPowersOfTen.size()) && value >= kPowersOfTen[static_cast<std::size_t>(digits)]) {
    ++digits;
  }
  return digits;
}

/// The absolute value; right for the lowest int128 too.
constexpr absl::uint128 Magnitude(absl::int128 value) {
  const auto bits = static_cast<absl::uint128>(value);
  return value < 0 ? -bits : bits;
}

}  // namespace bxb::wire
