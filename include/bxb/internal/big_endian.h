#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace bxb::internal {

/// Reverses the bytes of an integer where the host stores the least significant one first.
template <std::integral T>
constexpr T SwapToBig(T value) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

/// Writes an integer in network byte order; returns the position after it.
template <std::integral T>
char* PutBig(char* out, T value) {
  value = SwapToBig(value);
  std::memcpy(out, &value, sizeof(value));
  return out + sizeof(value);
}

/// Reads an integer in network byte order.
template <std::integral T>
T GetBig(const char* in) {
  T value;
  std::memcpy(&value, in, sizeof(value));
  return SwapToBig(value);
}

}  // namespace bxb::internal
