#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/got.h"
#include "bxb/internal/numeric_codec.h"
#include "bxb/internal/text_check.h"
#include "bxb/internal/time_codec.h"
#include "bxb/internal/verdict.h"
#include "bxb/pg_type.h"
#include "bxb/row.h"
#include "bxb/uuid.h"

namespace bxb::internal {

/// How a C++ type becomes the bytes of a COPY BINARY field, and back. Specialised for each member type:
///
///     name                     the C++ type as messages call it
///     Accepts(type)            whether every value has an exact encoding as `type`
///     Check(value, type, roles)  whether PostgreSQL would take this value
///     Bound(value, type)       at least the bytes that Put writes
///     Size(value, type)        exactly the bytes that Put writes
///     Put(out, value, type)    writes them; returns the position after them
///     Get(in, type, out)       reads them; views in `out` point into `in`
template <class T>
struct FieldCodec;

/// What codecs have in common whose values are never refused.
struct NeverRefused {
  static Verdict Check(const auto& /*value*/, PgType /*type*/, unsigned /*roles*/) { return {}; }
};

/// What codecs have in common that always write the same number of bytes.
template <std::size_t kBytes>
struct FixedSize {
  static constexpr std::size_t Bound(const auto& /*value*/, PgType /*type*/) { return kBytes; }
  static constexpr std::size_t Size(const auto& /*value*/, PgType /*type*/) { return kBytes; }
};

template <>
struct FieldCodec<bool> : NeverRefused, FixedSize<1> {
  static constexpr std::string_view name = "bool";
  static bool Accepts(PgType type) { return type == PgType::kBool; }
  static char* Put(char* out, bool value, PgType) { return PutBig<std::int8_t>(out, value ? 1 : 0); }
  static Got Get(std::string_view in, PgType, bool& out) {
    if (in.size() != 1) return Got::kMalformed;
    out = in[0] != 0;
    return Got::kValue;
  }
};

template <>
struct FieldCodec<Uuid> : NeverRefused, FixedSize<16> {
  static constexpr std::string_view name = "Uuid";
  static bool Accepts(PgType type) { return type == PgType::kUuid; }
  static char* Put(char* out, const Uuid& value, PgType) {
    std::memcpy(out, value.bytes.data(), 16);
    return out + 16;
  }
  static Got Get(std::string_view in, PgType, Uuid& out) {
    if (in.size() != 16) return Got::kMalformed;
    std::memcpy(out.bytes.data(), in.data(), 16);
    return Got::kValue;
  }
};

template <>
struct FieldCodec<absl::Time> : FixedSize<8> {
  static constexpr std::string_view name = "absl::Time";
  static bool Accepts(PgType type) { return type == PgType::kTimestamptz || type == PgType::kTimestamp; }
  static Verdict Check(absl::Time value, PgType, unsigned) {
    return IsTimestamp(value) ? Verdict{} : Verdict{&kTimeRange};
  }
  static char* Put(char* out, absl::Time value, PgType) { return PutBig(out, ToPgMicros(value)); }
  static Got Get(std::string_view in, PgType, absl::Time& out) {
    if (in.size() != 8) return Got::kMalformed;
    out = FromPgMicros(GetBig<std::int64_t>(in.data()));
    return Got::kValue;
  }
};

template <>
struct FieldCodec<absl::CivilDay> : FixedSize<4> {
  static constexpr std::string_view name = "absl::CivilDay";
  static bool Accepts(PgType type) { return type == PgType::kDate; }
  static Verdict Check(absl::CivilDay value, PgType, unsigned) {
    return IsDate(value) ? Verdict{} : Verdict{&kDateRange};
  }
  static char* Put(char* out, absl::CivilDay value, PgType) { return PutBig(out, ToPgDays(value)); }
  static Got Get(std::string_view in, PgType, absl::CivilDay& out) {
    if (in.size() != 4) return Got::kMalformed;
    out = FromPgDays(GetBig<std::int32_t>(in.data()));
    return IsDate(out) ? Got::kValue : Got::kUnfit;  // an infinite date
  }
};

template <>
struct FieldCodec<Decimal> : NeverRefused {
  static constexpr std::string_view name = "Decimal";
  static bool Accepts(PgType type) { return type == PgType::kNumeric; }
  static std::size_t Bound(const Decimal&, PgType) { return kMaxNumericBytes; }
  static std::size_t Size(const Decimal& value, PgType) {
    char bytes[kMaxNumericBytes];
    return static_cast<std::size_t>(PutNumeric(bytes, value) - bytes);
  }
  static char* Put(char* out, const Decimal& value, PgType) { return PutNumeric(out, value); }
  static Got Get(std::string_view in, PgType, Decimal& out) { return GetNumeric(in, out); }
};

/// Text in all its C++ forms. Enums are text in binary too; jsonb has a version byte in front.
template <class T>
struct TextCodec {
  static bool Accepts(PgType type) {
    return type == PgType::kText || type == PgType::kVarchar || type == PgType::kJson || type == PgType::kJsonb;
  }
  static Verdict Check(std::string_view value, PgType type, unsigned roles) {
    const bool json = type == PgType::kJsonb || type == PgType::kJson || (roles & kObject) != 0;
    if (!json) return CheckText(value);
    const Verdict verdict = CheckJson(value, type == PgType::kJsonb ? JsonKind::kJsonb : JsonKind::kJson);
    if (!verdict.ok() || (roles & kObject) == 0 || IsJsonObject(value)) return verdict;
    return {&kNotAnObject};
  }
  static std::size_t Bound(std::string_view value, PgType type) { return Size(value, type); }
  static std::size_t Size(std::string_view value, PgType type) {
    return value.size() + (type == PgType::kJsonb ? 1 : 0);
  }
  static char* Put(char* out, std::string_view value, PgType type) {
    if (type == PgType::kJsonb) out = PutBig<std::int8_t>(out, 1);
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    return out + value.size();
  }
  static Got Get(std::string_view in, PgType type, T& out) {
    if (type == PgType::kJsonb) {
      if (in.empty() || in[0] != 1) return Got::kMalformed;
      in.remove_prefix(1);
    }
    out = T(in);
    return Got::kValue;
  }
};

template <>
struct FieldCodec<std::string_view> : TextCodec<std::string_view> {
  static constexpr std::string_view name = "std::string_view";
};
template <>
struct FieldCodec<std::string> : TextCodec<std::string> {
  static constexpr std::string_view name = "std::string";
};

template <class T>
struct BytesCodec : NeverRefused {
  static bool Accepts(PgType type) { return type == PgType::kBytea; }
  static std::size_t Bound(Bytes value, PgType) { return value.size(); }
  static std::size_t Size(Bytes value, PgType) { return value.size(); }
  static char* Put(char* out, Bytes value, PgType) {
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    return out + value.size();
  }
  static Got Get(std::string_view in, PgType, T& out) {
    const Bytes bytes = std::as_bytes(std::span(in.data(), in.size()));
    out = T(bytes.begin(), bytes.end());
    return Got::kValue;
  }
};

template <>
struct FieldCodec<Bytes> : BytesCodec<Bytes> {
  static constexpr std::string_view name = "Bytes";
};
template <>
struct FieldCodec<std::vector<std::byte>> : BytesCodec<std::vector<std::byte>> {
  static constexpr std::string_view name = "std::vector<std::byte>";
};

}  // namespace bxb::internal
