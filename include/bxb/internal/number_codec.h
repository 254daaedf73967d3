#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/field_codec.h"
#include "bxb/internal/got.h"
#include "bxb/internal/numeric_codec.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

/// The big-endian two's complement or IEEE form of a number.
template <class T>
char* PutNumber(char* out, T value) {
  if constexpr (std::same_as<T, float>) return PutBig(out, std::bit_cast<std::int32_t>(value));
  if constexpr (std::same_as<T, double>) return PutBig(out, std::bit_cast<std::int64_t>(value));
  if constexpr (std::integral<T>) return PutBig(out, value);
}

template <class T>
Got GetNumber(std::string_view in, T& out) {
  if (in.size() != sizeof(T)) return Got::kMalformed;
  if constexpr (std::same_as<T, float>) out = std::bit_cast<float>(GetBig<std::int32_t>(in.data()));
  if constexpr (std::same_as<T, double>) out = std::bit_cast<double>(GetBig<std::int64_t>(in.data()));
  if constexpr (std::integral<T>) out = GetBig<T>(in.data());
  return Got::kValue;
}

template <std::signed_integral To, std::signed_integral From>
Got Narrow(From from, To& to) {
  to = static_cast<To>(from);
  return std::in_range<To>(from) ? Got::kValue : Got::kUnfit;
}

template <std::signed_integral To, std::floating_point From>
Got Narrow(From from, To& to) {
  // A power of two, so exact in every floating-point type. NaN fails the comparisons.
  constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
  if (!(from >= kLow && from < -kLow)) return Got::kUnfit;
  to = static_cast<To>(from);
  return static_cast<From>(to) == from ? Got::kValue : Got::kUnfit;
}

/// Reads what the column holds into what the member holds, if that is exact.
template <class Stored, std::signed_integral T>
Got GetAs(std::string_view in, T& out) {
  Stored stored{};
  const Got got = GetNumber(in, stored);
  return got == Got::kValue ? Narrow(stored, out) : got;
}

/// Integers, in every PostgreSQL type that holds all values of T.
template <std::signed_integral T>
struct IntegerCodec : NeverRefused {
  static bool Accepts(PgType type) {
    constexpr int kBits = std::numeric_limits<T>::digits;
    switch (type) {
      case PgType::kInt2:
        return kBits <= 15;
      case PgType::kInt4:
        return kBits <= 31;
      case PgType::kInt8:
        return kBits <= 63;
      case PgType::kFloat4:
        return kBits <= std::numeric_limits<float>::digits;
      case PgType::kFloat8:
        return kBits <= std::numeric_limits<double>::digits;
      case PgType::kNumeric:
        return true;
      default:
        return false;
    }
  }
  static std::size_t Bound(T, PgType type) { return type == PgType::kNumeric ? kMaxNumericBytes : 8; }
  static std::size_t Size(T value, PgType type) {
    char bytes[kMaxNumericBytes];
    return static_cast<std::size_t>(Put(bytes, value, type) - bytes);
  }
  static char* Put(char* out, T value, PgType type) {
    switch (type) {
      case PgType::kInt2:
        return PutNumber(out, static_cast<std::int16_t>(value));
      case PgType::kInt4:
        return PutNumber(out, static_cast<std::int32_t>(value));
      case PgType::kInt8:
        return PutNumber(out, static_cast<std::int64_t>(value));
      case PgType::kFloat4:
        return PutNumber(out, static_cast<float>(value));
      case PgType::kFloat8:
        return PutNumber(out, static_cast<double>(value));
      default:
        return PutNumeric(out, static_cast<std::int64_t>(value));
    }
  }
  static Got Get(std::string_view in, PgType type, T& out) {
    switch (type) {
      case PgType::kInt2:
        return GetAs<std::int16_t>(in, out);
      case PgType::kInt4:
        return GetAs<std::int32_t>(in, out);
      case PgType::kInt8:
        return GetAs<std::int64_t>(in, out);
      case PgType::kFloat4:
        return GetAs<float>(in, out);
      case PgType::kFloat8:
        return GetAs<double>(in, out);
      default:
        return GetFromNumeric(in, out);
    }
  }

 private:
  static Got GetFromNumeric(std::string_view in, T& out) {
    std::int64_t stored = 0;
    const Got got = GetNumeric(in, stored);
    return got == Got::kValue ? Narrow(stored, out) : got;
  }
};

template <>
struct FieldCodec<std::int16_t> : IntegerCodec<std::int16_t> {
  static constexpr std::string_view name = "int16_t";
};
template <>
struct FieldCodec<std::int32_t> : IntegerCodec<std::int32_t> {
  static constexpr std::string_view name = "int32_t";
};
template <>
struct FieldCodec<std::int64_t> : IntegerCodec<std::int64_t> {
  static constexpr std::string_view name = "int64_t";
};

template <>
struct FieldCodec<double> : NeverRefused, FixedSize<8> {
  static constexpr std::string_view name = "double";
  static bool Accepts(PgType type) { return type == PgType::kFloat8; }
  static char* Put(char* out, double value, PgType) { return PutNumber(out, value); }
  static Got Get(std::string_view in, PgType, double& out) { return GetNumber(in, out); }
};

template <>
struct FieldCodec<float> : NeverRefused {
  static constexpr std::string_view name = "float";
  static bool Accepts(PgType type) { return type == PgType::kFloat4 || type == PgType::kFloat8; }
  static std::size_t Bound(float value, PgType type) { return Size(value, type); }
  static std::size_t Size(float, PgType type) { return type == PgType::kFloat8 ? 8 : 4; }
  static char* Put(char* out, float value, PgType type) {
    return type == PgType::kFloat8 ? PutNumber(out, static_cast<double>(value)) : PutNumber(out, value);
  }
  static Got Get(std::string_view in, PgType type, float& out) {
    if (type != PgType::kFloat8) return GetNumber(in, out);
    double stored = 0;
    if (GetNumber(in, stored) != Got::kValue) return Got::kMalformed;
    out = static_cast<float>(stored);
    return static_cast<double>(out) == stored || stored != stored ? Got::kValue : Got::kUnfit;
  }
};

}  // namespace bxb::internal
