#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "bxb/internal/field_codec.h"

namespace bxb::internal {

template <const std::string_view&... kParts>
inline constexpr auto kJoinedChars = [] {
  std::array<char, (kParts.size() + ...)> chars{};
  auto out = chars.begin();
  ((out = std::copy(kParts.begin(), kParts.end(), out)), ...);
  return chars;
}();

/// Strings put together at compile time.
template <const std::string_view&... kParts>
inline constexpr std::string_view kJoined{kJoinedChars<kParts...>.data(), kJoinedChars<kParts...>.size()};

inline constexpr std::string_view kOptionalPrefix = "std::optional<";
inline constexpr std::string_view kVectorPrefix = "std::vector<";
inline constexpr std::string_view kSpanPrefix = "std::span<const ";
inline constexpr std::string_view kTypeSuffix = ">";

/// A member type as messages call it, with the codec of the value inside.
template <class T>
struct MemberType {
  using Codec = FieldCodec<T>;
  static constexpr const std::string_view& name = FieldCodec<T>::name;
};

template <class T>
struct MemberType<std::optional<T>> {
  using Codec = FieldCodec<T>;
  static constexpr const std::string_view& name = kJoined<kOptionalPrefix, FieldCodec<T>::name, kTypeSuffix>;
};

template <class T>
concept Encodable = requires { MemberType<T>::Codec::name; };

}  // namespace bxb::internal
