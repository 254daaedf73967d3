#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/field.h"
#include "bxb/internal/field_codec.h"
#include "bxb/internal/got.h"
#include "bxb/internal/type_name.h"
#include "bxb/internal/verdict.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

/// The header of an array's binary form (array_send in src/backend/utils/adt/arrayfuncs.c): number of
/// dimensions, whether there are NULLs, element type; then length and lower bound of each dimension. An
/// array without elements has no dimensions.
inline constexpr std::size_t kEmptyArrayBytes = 12;
inline constexpr std::size_t kArrayHeaderBytes = 20;

char* PutArrayHeader(char* out, std::size_t count, bool has_null, PgType element_type);

/// Takes the header off `in`. Unfit for more than one dimension.
Got TakeArrayHeader(std::string_view& in, PgType element_type, std::size_t& count);

/// One-dimensional arrays; `Array` is a vector or span of `T`.
template <class Array, class T>
struct ArrayCodec {
  static bool Accepts(PgType type) { return MemberType<T>::Codec::Accepts(ElementOf(type)); }

  static Verdict Check(const Array& values, PgType type, unsigned roles) {
    std::size_t index = 0;
    for (const T& value : values) {
      if (const Verdict verdict = Field<T>::Check(value, ElementOf(type), roles); !verdict.ok()) {
        return {verdict.broken, index};
      }
      ++index;
    }
    return {};
  }
  static std::size_t Bound(const Array& values, PgType type) {
    std::size_t bytes = kArrayHeaderBytes;
    for (const T& value : values) bytes += Field<T>::Bound(value, ElementOf(type));
    return bytes;
  }
  static std::size_t Size(const Array& values, PgType type) {
    std::size_t bytes = values.empty() ? kEmptyArrayBytes : kArrayHeaderBytes;
    for (const T& value : values) bytes += Field<T>::Size(value, ElementOf(type));
    return bytes;
  }
  static char* Put(char* out, const Array& values, PgType type) {
    out = PutArrayHeader(out, values.size(), HasNull(values), ElementOf(type));
    for (const T& value : values) out = Field<T>::Put(out, value, ElementOf(type));
    return out;
  }
  static Got Get(std::string_view in, PgType type, Array& out) {
    std::size_t count = 0;
    out.clear();
    if (const Got got = TakeArrayHeader(in, ElementOf(type), count); got != Got::kValue) return got;
    out.reserve(count);
    std::optional<std::string_view> field;
    for (; count > 0; --count) {
      if (!TakeField(in, field)) return Got::kMalformed;
      T value{};
      if (const Got got = Field<T>::Get(field, ElementOf(type), value); got != Got::kValue) return got;
      out.push_back(std::move(value));
    }
    return in.empty() ? Got::kValue : Got::kMalformed;
  }

 private:
  static bool HasNull(const Array& values) {
    if constexpr (Field<T>::kNullable) {
      for (const T& value : values) {
        if (!value) return true;
      }
    }
    return false;
  }
};

template <Encodable T>
struct FieldCodec<std::vector<T>> : ArrayCodec<std::vector<T>, T> {
  static constexpr std::string_view name = kJoined<kVectorPrefix, MemberType<T>::name, kTypeSuffix>;
};

template <Encodable T>
struct FieldCodec<std::span<const T>> : ArrayCodec<std::span<const T>, T> {
  static constexpr std::string_view name = kJoined<kSpanPrefix, MemberType<T>::name, kTypeSuffix>;
};

}  // namespace bxb::internal
