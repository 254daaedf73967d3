#include "read/usage_events.h"

#include <cstddef>

#include "absl/strings/str_replace.h"
#include "fmt/format.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

const std::vector<PropertyValue>& PropertyValues() {
  static const std::string long_integer = "1" + std::string(38, '0');
  static const std::vector<PropertyValue> values = {
      {.json = "1", .text = "1", .number = Number::Of("1")},
      {.json = "\"1\"", .text = "1", .number = Number::Of("1")},
      {.json = "-2.50", .text = "-2.50", .number = Number::Of("-2.50")},
      {.json = "1e-7", .text = "0.0000001", .number = Number::Of("0.0000001")},
      {.json = "1E3", .text = "1000", .number = Number::Of("1000")},
      {.json = "123456789012345.125", .text = "123456789012345.125", .number = Number::Of("123456789012345.125")},
      {.json = "\"-3.50\"", .text = "-3.50", .number = Number::Of("-3.50")},
      {.json = "\"007\"", .text = "007", .number = Number::Of("7")},
      {.json = "\"\"", .text = ""},
      {.json = "\" 1\"", .text = " 1"},
      {.json = "\"1\\n\"", .text = "1\n"},
      {.json = "\"+1\"", .text = "+1"},
      {.json = "\"5.\"", .text = "5."},
      {.json = "\".5\"", .text = ".5"},
      {.json = "\"1e5\"", .text = "1e5"},
      {.json = "\"NaN\"", .text = "NaN"},
      {.json = "\"Infinity\"", .text = "Infinity"},
      {.json = "\"NULL\"", .text = "NULL"},
      {.json = "\"١٢\"", .text = "١٢"},
      {.json = "\"a, \\\"b\\\" \\\\ {c}'\"", .text = "a, \"b\" \\ {c}'"},
      {.json = "1e38", .text = long_integer},
      {.json = "\"" + long_integer + "\"", .text = long_integer},
      {.json = "9e131071", .text = "9" + std::string(131'071, '0')},
      {.json = "1e-39", .text = "0." + std::string(38, '0') + "1"},
      {.json = "null"},
      {.json = "true", .text = "true"},
      {.json = "[1]", .text = "[1]"},
      {.json = "{\"a\": 1}", .text = "{\"a\": 1}"},
  };
  return values;
}

const std::vector<ColumnNumber>& Doubles() {
  static const std::vector<ColumnNumber> doubles = {
      {"0.1", Number::Of("0.1")},
      {"1e-7", Number::Of("0.0000001")},
      {"1000000000000000.5", Number::Of("1000000000000000.5")},
      {"1234567890.1234567", Number::Of("1234567890.1234567")},
      {"9.95", Number::Of("9.95")},
      {"123456.789012345", Number::Of("123456.789012345")},
      {"-3", Number::Of("-3")},
      {"-0", Number::Of("0")},
      {"999999999999999", Number::Of("999999999999999")},
      {"1234567890123456", Number::Of("1234567890123456")},
      {"17", Number::Of("17")},
      {"NaN", Number::Of("NaN")},
      {"Infinity", Number::Of("Infinity")},
      {"-Infinity", Number::Of("-Infinity")},
  };
  return doubles;
}

const std::vector<ColumnNumber>& Decimals() {
  static const std::vector<ColumnNumber> decimals = {
      {"1.50", Number::Of("1.50")},
      {"1.5", Number::Of("1.5")},
      {"0.000000000001", Number::Of("0.000000000001")},
      {"-12345678901.891", Number::Of("-12345678901.891")},
      {"0", Number::Of("0")},
      {"42", Number::Of("42")},
      {"-7.25", Number::Of("-7.25")},
      {"NaN", Number::Of("NaN")},
      {"Infinity", Number::Of("Infinity")},
  };
  return decimals;
}

// What is no finite number stands last, and is rare: it swallows a whole sum.
ColumnNumber RandomNumber(Random& random, const std::vector<ColumnNumber>& numbers) {
  ColumnNumber number = random.OneOf(numbers);
  while (number.number.kind != Number::Kind::kFinite && !random.Chance(2)) number = random.OneOf(numbers);
  return number;
}

// The two that are longest are rare, for speed.
PropertyValue RandomProperty(Random& random) {
  PropertyValue value = random.OneOf(PropertyValues());
  while (value.json == "9e131071" && !random.Chance(5)) value = random.OneOf(PropertyValues());
  return value;
}

std::string Literal(const std::string& text) { return "'" + absl::StrReplaceAll(text, {{"'", "''"}}) + "'"; }

std::string NumberLiteral(const std::optional<ColumnNumber>& number) {
  return number ? "'" + number->sql + "'" : "NULL";
}

std::string PropertiesOf(const UsageEvent& event) {
  std::string json = "{\"other\": 5";
  if (event.first) json += ", \"first\": " + event.first->json;
  if (event.second) {
    json += ", \"" + absl::StrReplaceAll(kSecond, {{"\\", "\\\\"}, {"\"", "\\\""}}) + "\": " + event.second->json;
  }
  return json + "}";
}

std::string TupleOf(const UsageEvent& event) {
  return fmt::format("('{}', {}, {}, {}, 'epoch'::timestamptz + interval '{} seconds' + interval '{} us', {}, {}, {})",
                     event.organization_id.ToString(), Literal(event.transaction_id), Literal(event.customer),
                     Literal(event.code), absl::ToUnixMicros(event.timestamp) / 1'000'000,
                     absl::ToUnixMicros(event.timestamp) % 1'000'000, Literal(PropertiesOf(event)),
                     NumberLiteral(event.value), NumberLiteral(event.decimal_value));
}

}  // namespace

Uuid OrganizationOf(int number) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return uuid;
}

const std::vector<std::string>& Customers() {
  static const std::vector<std::string> customers = {"a", "B", "", "NULL", "c,\"d\"\\{}", "Ä'ö", "-"};
  return customers;
}

const std::vector<std::string>& Codes() {
  static const std::vector<std::string> codes = {"calls", "seats", "$1'; --"};
  return codes;
}

std::vector<UsageEvent> RandomEvents(Random& random, absl::Time first, absl::Time last, std::size_t count) {
  std::vector<UsageEvent> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    UsageEvent& event = events[i];
    event.organization_id = OrganizationOf(random.Chance(85) ? 1 : 2);
    event.transaction_id = fmt::format("{}{}", random.Chance(50) ? "T" : "t", random.Between(0, 1'000'000'000));
    event.customer = random.OneOf(Customers());
    event.code = random.OneOf(Codes());
    event.timestamp = absl::FromUnixMicros(random.Between(absl::ToUnixMicros(first), absl::ToUnixMicros(last)));
    if (random.Chance(40)) event.timestamp = absl::FromUnixSeconds(absl::ToUnixSeconds(event.timestamp) / 3600 * 3600);
    if (i > 0 && random.Chance(20)) event.timestamp = events[random.Index(i)].timestamp;
    if (random.Chance(80)) event.first = RandomProperty(random);
    if (random.Chance(60)) event.second = RandomProperty(random);
    if (random.Chance(80)) event.value = RandomNumber(random, Doubles());
    if (random.Chance(80)) event.decimal_value = RandomNumber(random, Decimals());
  }
  return events;
}

void Insert(const std::string& dsn, const std::string& sql_table, const std::vector<UsageEvent>& events) {
  std::string sql = "INSERT INTO " + sql_table +
                    " (organization_id, transaction_id, external_customer_id, code, \"timestamp\", properties, value, "
                    "decimal_value) VALUES ";
  for (std::size_t i = 0; i < events.size(); ++i) sql += (i == 0 ? "" : ", ") + TupleOf(events[i]);
  Sql(dsn, sql);
}

}  // namespace bxb::testing
