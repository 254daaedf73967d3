#include "support/event_json.h"

#include <algorithm>
#include <bitset>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace examples {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

absl::Status Broken(simdjson::error_code error) {
  if (error == simdjson::UTF8_ERROR) return absl::InvalidArgumentError("not UTF-8");
  return absl::InvalidArgumentError(error == simdjson::INCORRECT_TYPE ? "not a JSON object" : "broken JSON");
}

absl::Status Bad(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(std::string(field) + ": " + std::string(what));
}

std::string Shown(std::string_view text) {
  const std::string_view start = text.substr(0, 60);
  return "\"" + absl::Utf8SafeCHexEscape(std::string(start)) + (start.size() < text.size() ? "…\"" : "\"");
}

// What simdjson gives as it stands in the file reaches up to the next token.
std::string_view Trimmed(std::string_view text) { return text.substr(0, text.find_last_not_of(" \t\r\n") + 1); }

absl::Status ReadText(std::string_view field, value json, std::string_view& text) {
  if (json.get_string().get(text)) return Bad(field, "not a string");
  return absl::OkStatus();
}

absl::Status ReadUuid(std::string_view field, value json, bxb::Uuid& uuid) {
  std::string_view text;
  if (absl::Status status = ReadText(field, json, text); !status.ok()) return status;
  const auto parsed = bxb::Uuid::Parse(text);
  if (!parsed) return Bad(field, "not a UUID: " + Shown(text));
  uuid = *parsed;
  return absl::OkStatus();
}

absl::Status ReadTime(std::string_view field, value json, absl::Time& time) {
  std::string_view text;
  if (absl::Status status = ReadText(field, json, text); !status.ok()) return status;
  std::string error;
  const absl::string_view view(text.data(), text.size());
  if (!absl::ParseTime(absl::RFC3339_full, view, &time, &error) || time == absl::InfiniteFuture() ||
      time == absl::InfinitePast()) {
    return Bad(field, "not an RFC 3339 time with a zone: " + Shown(text));
  }
  return absl::OkStatus();
}

absl::Status ReadObject(std::string_view field, value json, std::string_view& text) {
  simdjson::ondemand::object object;
  if (json.get_object().get(object)) return Bad(field, "not an object");
  if (object.raw_json().get(text)) return Bad(field, "broken JSON");
  text = Trimmed(text);
  return absl::OkStatus();
}

absl::Status ReadDouble(std::string_view field, value json, std::optional<double>& number) {
  double parsed = 0;
  if (json.get_double().get(parsed)) return Bad(field, "not a number that a double can hold");
  number = parsed;
  return absl::OkStatus();
}

// From the digits as they stand in the file: a double in between would round them.
absl::Status ReadDecimal(std::string_view field, value json, std::optional<bxb::Decimal>& number) {
  json_type type;
  std::string_view text;
  if (json.type().get(type)) return Bad(field, "broken JSON");
  if (type == json_type::number) {
    text = Trimmed(json.raw_json_token());
  } else if (json.get_string().get(text)) {
    return Bad(field, "neither a number nor a string with one");
  }
  const auto parsed = bxb::Decimal::Parse(text);
  if (!parsed.ok()) return Bad(field, "not an exact decimal: " + Shown(text));
  number = *parsed;
  return absl::OkStatus();
}

struct Field {
  std::string_view name;
  bool required;
  absl::Status (*read)(std::string_view field, value json, bxb::Event& event);
};

template <auto kMember, auto kRead>
absl::Status Into(std::string_view field, value json, bxb::Event& event) {
  return kRead(field, json, event.*kMember);
}

constexpr Field kFields[] = {
    {"organization_id", true, Into<&bxb::Event::organization_id, ReadUuid>},
    {"transaction_id", true, Into<&bxb::Event::transaction_id, ReadText>},
    {"external_customer_id", true, Into<&bxb::Event::external_customer_id, ReadText>},
    {"code", true, Into<&bxb::Event::code, ReadText>},
    {"timestamp", true, Into<&bxb::Event::timestamp, ReadTime>},
    {"properties", false, Into<&bxb::Event::properties, ReadObject>},
    {"value", false, Into<&bxb::Event::value, ReadDouble>},
    {"decimal_value", false, Into<&bxb::Event::decimal_value, ReadDecimal>},
};

absl::Status ReadField(const Field& field, value json, bxb::Event& event) {
  bool is_null = false;
  if (!field.required && !json.is_null().get(is_null) && is_null) return absl::OkStatus();
  return field.read(field.name, json, event);
}

absl::Status ReadFields(simdjson::ondemand::object object, bxb::Event& event) {
  std::bitset<std::size(kFields)> seen;
  for (auto member : object) {
    std::string_view name;
    value json;
    if (const auto error = member.unescaped_key().get(name)) return Broken(error);
    if (const auto error = member.value().get(json)) return Broken(error);
    const Field* const field = std::ranges::find(kFields, name, &Field::name);
    if (field == std::end(kFields)) continue;
    const auto number = static_cast<std::size_t>(field - kFields);
    if (seen[number]) return Bad(name, "there twice");
    seen.set(number);
    if (absl::Status status = ReadField(*field, json, event); !status.ok()) return status;
  }
  for (std::size_t number = 0; number < seen.size(); ++number) {
    if (kFields[number].required && !seen[number]) return Bad(kFields[number].name, "missing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bxb::Event> ParseEvent(simdjson::ondemand::parser& parser, simdjson::padded_string_view json) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto error = parser.iterate(json).get(document)) return Broken(error);
  if (const auto error = document.get_object().get(object)) return Broken(error);
  bxb::Event event;
  if (absl::Status status = ReadFields(object, event); !status.ok()) return status;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return absl::InvalidArgumentError("broken JSON: something stands behind the object");
  }
  return event;
}

}  // namespace examples
