#include "write/dead_letter.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "bxb/internal/field.h"
#include "bxb/internal/field_codec.h"
#include "bxb/internal/number_codec.h"
#include "bxb/uuid.h"

namespace bxb::write {
namespace {

template <typename T>
T Decoded(std::string_view value, PgType type) {
  T decoded{};
  internal::FieldCodec<T>::Get(value, type, decoded);
  return decoded;
}

std::string HexText(std::string_view bytes) {
  std::string text = "\\x";
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// The types that schema::Bind lets into a key.
std::string ValueText(std::string_view value, PgType type) {
  switch (type) {
    case PgType::kBool:
      return Decoded<bool>(value, type) ? "true" : "false";
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8:
      return std::to_string(Decoded<std::int64_t>(value, type));
    case PgType::kUuid:
      return Decoded<Uuid>(value, type).ToString();
    case PgType::kTimestamp:
    case PgType::kTimestamptz:
      return absl::FormatTime(absl::RFC3339_full, Decoded<absl::Time>(value, type), absl::UTCTimeZone());
    case PgType::kDate:
      return absl::FormatCivilTime(Decoded<absl::CivilDay>(value, type));
    case PgType::kBytea:
      return HexText(value);
    default:
      return std::string(value);
  }
}

}  // namespace

std::string KeyText(std::string_view key, std::span<const CommitPlan::KeyColumn> columns) {
  std::string text;
  for (const auto& [name, type] : columns) {
    std::optional<std::string_view> value;
    if (!internal::TakeField(key, value)) break;
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value ? ValueText(*value, type) : "NULL");
  }
  return text;
}

}  // namespace bxb::write
