#include "support/event_json.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace examples {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

absl::Status Bad(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(std::string(field) + ": " + std::string(what));
}

std::string Shown(std::string_view text) {
  const std::string_view start = text.substr(0, 60);
  return "\"" + absl::Utf8SafeCHexEscape(std::string(start)) + (start.size() < text.size() ? "…\"" : "\"");
}

absl::Status ReadText(std::string_view field, value json, std::string_view& text) {
  if (json.get_string().get(text) != simdjson::SUCCESS) return Bad(field, "not a string");
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
  if (json.get_object().get(object) != simdjson::SUCCESS) return Bad(field, "not an object");
  if (object.raw_json().get(text) != simdjson::SUCCESS) return Bad(field, "broken JSON");
  return absl::OkStatus();
}

absl::Status ReadDouble(std::string_view field, value json, std::optional<double>& number) {
  double parsed = 0;
  if (json.get_double().get(parsed) != simdjson::SUCCESS) return Bad(field, "not a number that a double can hold");
  number = parsed;
  return absl::OkStatus();
}

// From the digits as they stand in the file: a double in between would round them.
absl::Status ReadDecimal(std::string_view field, value json, std::optional<bxb::Decimal>& number) {
  json_type type;
  std::string_view text;
  if (json.type().get(type) != simdjson::SUCCESS) return Bad(field, "broken JSON");
  if (type == json_type::number) {
    text = json.raw_json_token();
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  } else if (json.get_string().get(text) != simdjson::SUCCESS) {
    return Bad(field, "neither a number nor a string with one");
  }
  const auto parsed = bxb::Decimal::Parse(text);
  if (!parsed.ok()) return Bad(field, "not an exact decimal: " + Shown(text));
  number = *parsed;
  return absl::OkStatus();
}

// The fields as bits, to find the one that is missing or there twice.
constexpr std::string_view kFields[] = {
    "organization_id", "transaction_id", "external_customer_id", "code", "timestamp",
    "properties",      "value",          "decimal_value"};
constexpr unsigned kRequired = 0b11111;

absl::Status ReadField(std::size_t field, value json, bxb::Event& event) {
  const std::string_view name = kFields[field];
  switch (field) {
    case 0:
      return ReadUuid(name, json, event.organization_id);
    case 1:
      return ReadText(name, json, event.transaction_id);
    case 2:
      return ReadText(name, json, event.external_customer_id);
    case 3:
      return ReadText(name, json, event.code);
    case 4:
      return ReadTime(name, json, event.timestamp);
    case 5:
      return ReadObject(name, json, event.properties);
    case 6:
      return ReadDouble(name, json, event.value);
    default:
      return ReadDecimal(name, json, event.decimal_value);
  }
}

absl::Status ReadFields(simdjson::ondemand::object object, bxb::Event& event) {
  unsigned seen = 0;
  for (auto member : object) {
    std::string_view name;
    value json;
    if (member.unescaped_key().get(name) != simdjson::SUCCESS || member.value().get(json) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("broken JSON");
    }
    const std::size_t field = std::find(std::begin(kFields), std::end(kFields), name) - std::begin(kFields);
    if (field == std::size(kFields)) continue;
    if (seen & (1u << field)) return Bad(name, "there twice");
    bool is_null = false;
    if ((kRequired & (1u << field)) == 0) std::ignore = json.is_null().get(is_null);
    seen |= 1u << field;
    if (is_null) continue;
    if (absl::Status status = ReadField(field, json, event); !status.ok()) return status;
  }
  for (std::size_t field = 0; field < std::size(kFields); ++field) {
    if (kRequired & ~seen & (1u << field)) return Bad(kFields[field], "missing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bxb::Event> ParseEvent(simdjson::ondemand::parser& parser, simdjson::padded_string_view json) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  const auto error = parser.iterate(json).get(document);
  if (error == simdjson::UTF8_ERROR) return absl::InvalidArgumentError("not UTF-8");
  if (error != simdjson::SUCCESS) return absl::InvalidArgumentError("broken JSON");
  if (document.get_object().get(object) != simdjson::SUCCESS) return absl::InvalidArgumentError("not a JSON object");
  bxb::Event event;
  if (absl::Status status = ReadFields(object, event); !status.ok()) return status;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return absl::InvalidArgumentError("broken JSON: something stands behind the object");
  }
  return event;
}

}  // namespace examples
