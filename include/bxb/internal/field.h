#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/field_codec.h"
#include "bxb/internal/got.h"
#include "bxb/internal/verdict.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

/// A field as tuples and arrays hold it: a four-byte length, or -1 for NULL, and the value's bytes.
template <class T>
struct Field {
  using Codec = FieldCodec<T>;
  static constexpr bool kNullable = false;

  static Verdict Check(const T& value, PgType type, unsigned roles) { return Codec::Check(value, type, roles); }
  static std::size_t Bound(const T& value, PgType type) { return 4 + Codec::Bound(value, type); }
  static std::size_t Size(const T& value, PgType type) { return 4 + Codec::Size(value, type); }
  static char* Put(char* out, const T& value, PgType type) {
    char* end = Codec::Put(out + 4, value, type);
    PutBig(out, static_cast<std::int32_t>(end - out - 4));
    return end;
  }
  static Got Get(std::optional<std::string_view> in, PgType type, T& out) {
    return in ? Codec::Get(*in, type, out) : Got::kNull;
  }
};

template <class T>
struct Field<std::optional<T>> {
  using Codec = FieldCodec<T>;
  static constexpr bool kNullable = true;

  static Verdict Check(const std::optional<T>& value, PgType type, unsigned roles) {
    return value ? Codec::Check(*value, type, roles) : Verdict{};
  }
  static std::size_t Bound(const std::optional<T>& value, PgType type) {
    return value ? Field<T>::Bound(*value, type) : 4;
  }
  static std::size_t Size(const std::optional<T>& value, PgType type) {
    return value ? Field<T>::Size(*value, type) : 4;
  }
  static char* Put(char* out, const std::optional<T>& value, PgType type) {
    return value ? Field<T>::Put(out, *value, type) : PutBig<std::int32_t>(out, -1);
  }
  static Got Get(std::optional<std::string_view> in, PgType type, std::optional<T>& out) {
    out.reset();
    return in ? Codec::Get(*in, type, out.emplace()) : Got::kValue;
  }
};

/// Takes the next field off `in`; false where the bytes end before it does.
inline bool TakeField(std::string_view& in, std::optional<std::string_view>& field) {
  if (in.size() < 4) return false;
  const auto length = GetBig<std::int32_t>(in.data());
  in.remove_prefix(4);
  field.reset();
  if (length == -1) return true;
  if (length < 0 || static_cast<std::size_t>(length) > in.size()) return false;
  field = in.substr(0, static_cast<std::size_t>(length));
  in.remove_prefix(static_cast<std::size_t>(length));
  return true;
}

}  // namespace bxb::internal
