#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bxb::wire {

/// Looking at eight characters in one register. A set high bit in the answer marks a byte with the property; marks
/// behind the first one may be wrong, because a subtraction borrows from the byte above.

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighBits = 0x80 * kOnes;

/// The first character goes to the least significant byte.
inline std::uint64_t Load8(const char* in) {
  std::uint64_t word;
  std::memcpy(&word, in, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// Bytes below `bound`, which is at most 128.
constexpr std::uint64_t Below(std::uint64_t word, unsigned char bound) {
  return (word - kOnes * bound) & ~word & kHighBits;
}

constexpr std::uint64_t Equal(std::uint64_t word, char c) {
  return Below(word ^ (kOnes * static_cast<unsigned char>(c)), 1);
}

/// The index of the first mark; 8 where there is none.
constexpr std::size_t FirstMark(std::uint64_t marks) { return static_cast<std::size_t>(std::countr_zero(marks)) / 8; }

}  // namespace bxb::wire
