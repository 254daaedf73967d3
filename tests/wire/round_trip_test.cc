// What the encoder writes is what SQL sees, and what the decoder reads back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/pg_type.h"
#include "bxb/uuid.h"
#include "wire/cell.h"
#include "wire/copy_table.h"
#include "wire/random.h"

namespace bxb::testing {
namespace {

constexpr int kRandomValues = 2000;

// Writes the values into a column of that type, checks that the decoder gives back the same from what the server
// sends, and returns what SQL makes of them: `text` is an expression over `value`.
template <class T>
std::vector<std::string> RoundTrip(const std::vector<T>& values, PgType type, const std::string& text) {
  CopyTable table(absl::StrCat("id int, value ", std::string(Name(type))));
  const std::vector<std::string> written = EncodeCells(values, type);
  const absl::Status status = table.Write(absl::StrJoin(written, ""));
  EXPECT_TRUE(status.ok()) << status;
  const std::vector<std::string> read = table.Read("SELECT id, value FROM t ORDER BY id", 2);
  EXPECT_EQ(read.size(), written.size());
  const auto codec = CellCodec<T>(type);
  for (std::size_t i = 0; i < read.size(); ++i) {
    const auto cell = codec.Decode(read[i]);
    EXPECT_TRUE(cell.ok()) << cell.status();
    if (!cell.ok()) continue;
    std::string again;
    codec.Encode(*cell, again);
    EXPECT_EQ(absl::BytesToHexString(again), absl::BytesToHexString(written[i]));
  }
  return table.Texts(absl::StrCat("SELECT ", text, " FROM t ORDER BY id"));
}

std::vector<std::string> Map(const auto& values, auto&& to_text) {
  std::vector<std::string> texts;
  for (const auto& value : values) texts.push_back(to_text(value));
  return texts;
}

template <class T>
std::vector<T> Integers() {
  using Limits = std::numeric_limits<T>;
  Random random;
  std::vector<T> values = {0, 1, -1, 9999, 10000, -10000, Limits::min(), Limits::max()};
  for (int i = 0; i < kRandomValues; ++i) {
    values.push_back(static_cast<T>(random.Any<T>() >> random.Between(0, Limits::digits - 1)));
  }
  return values;
}

template <class T>
void ExpectIntegersArrive(const std::vector<PgType>& types) {
  const std::vector<T> values = Integers<T>();
  const auto expected = Map(values, [](T value) { return std::to_string(value); });
  for (const PgType type : types) EXPECT_EQ(RoundTrip(values, type, "value::numeric::text"), expected) << Name(type);
}

TEST(RoundTrip, EveryInt16ArrivesInEveryNumberType) {
  ExpectIntegersArrive<std::int16_t>(
      {PgType::kInt2, PgType::kInt4, PgType::kInt8, PgType::kFloat4, PgType::kFloat8, PgType::kNumeric});
}

TEST(RoundTrip, EveryInt32ArrivesInTheWiderTypes) {
  ExpectIntegersArrive<std::int32_t>({PgType::kInt4, PgType::kInt8, PgType::kNumeric});
}

TEST(RoundTrip, EveryInt32ArrivesInDoublePrecision) {
  const std::vector<std::int32_t> values = Integers<std::int32_t>();
  EXPECT_EQ(RoundTrip(values, PgType::kFloat8, "value::int8::text"),
            Map(values, [](std::int32_t value) { return std::to_string(value); }));
}

TEST(RoundTrip, EveryInt64ArrivesInBigintAndNumeric) {
  ExpectIntegersArrive<std::int64_t>({PgType::kInt8, PgType::kNumeric});
}

template <class T, class Bits>
std::vector<T> Floats() {
  using Limits = std::numeric_limits<T>;
  Random random;
  std::vector<T> values = {0,
                           -T{0},
                           1,
                           Limits::min(),
                           Limits::denorm_min(),
                           Limits::max(),
                           Limits::infinity(),
                           -Limits::infinity(),
                           Limits::quiet_NaN()};
  for (int i = 0; i < kRandomValues; ++i) {
    const T value = std::bit_cast<T>(random.Any<Bits>());
    // The server may change the payload of a NaN, which carries no meaning.
    if (!std::isnan(value)) values.push_back(value);
  }
  return values;
}

template <class T>
void ExpectFloatsArrive(const std::vector<T>& values, const std::vector<std::string>& texts) {
  ASSERT_EQ(texts.size(), values.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double seen = std::strtod(texts[i].c_str(), nullptr);
    const bool same = std::isnan(values[i]) ? std::isnan(seen) : static_cast<T>(seen) == values[i];
    EXPECT_TRUE(same) << texts[i] << " is not " << values[i];
    EXPECT_TRUE(std::isnan(seen) || std::signbit(seen) == std::signbit(values[i]));
  }
}

TEST(RoundTrip, EveryFloatArrivesInRealAndDoublePrecision) {
  const std::vector<float> values = Floats<float, std::uint32_t>();
  ExpectFloatsArrive(values, RoundTrip(values, PgType::kFloat8, "value::text"));
  ExpectFloatsArrive(values, RoundTrip(values, PgType::kFloat4, "value::float8::text"));
}

TEST(RoundTrip, EveryDoubleArrives) {
  const std::vector<double> values = Floats<double, std::uint64_t>();
  ExpectFloatsArrive(values, RoundTrip(values, PgType::kFloat8, "value::text"));
}

// The text of a random number as numeric prints it.
std::string DecimalText(Random& random) {
  const auto digits = static_cast<std::size_t>(random.Between(1, Decimal::kMaxDigits));
  const auto after = static_cast<std::size_t>(random.Between(0, static_cast<std::int64_t>(digits)));
  std::string whole = random.Digits(digits - after);
  std::string fraction = random.Digits(after);
  if (whole.empty() && random.Chance(50)) fraction.insert(0, static_cast<std::size_t>(random.Between(0, 9000)), '0');
  if (random.Chance(20)) std::fill(fraction.begin(), fraction.end(), '0');
  if (random.Chance(20)) std::fill(whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2), whole.end(), '0');
  whole.erase(0, whole.find_first_not_of('0'));
  const bool zero = whole.empty() && fraction.find_first_not_of('0') == std::string::npos;
  if (whole.empty()) whole = "0";
  const std::string text = fraction.empty() ? whole : absl::StrCat(whole, ".", fraction);
  return random.Chance(50) && !zero ? "-" + text : text;
}

TEST(RoundTrip, EveryDecimalArrives) {
  Random random;
  const std::string nines(38, '9');
  std::vector<std::string> texts = {"0",
                                    "0.00",
                                    "0.0001",
                                    "10000",
                                    nines,
                                    "-" + nines,
                                    "0." + nines,
                                    "NaN",
                                    "Infinity",
                                    "-Infinity",
                                    "0." + std::string(16382, '0') + "1",
                                    "0." + std::string(16345, '0') + nines};
  for (int i = 0; i < kRandomValues; ++i) texts.push_back(DecimalText(random));
  std::vector<Decimal> values;
  for (const std::string& text : texts) {
    const auto value = Decimal::Parse(text);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->ToString(), text);
    values.push_back(*value);
  }
  EXPECT_EQ(RoundTrip(values, PgType::kNumeric, "value::text"), texts);
}

// Seconds since 1970 with microseconds, as extract(epoch) prints them.
std::string EpochText(std::int64_t micros) {
  const std::uint64_t magnitude =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  return fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", magnitude / 1'000'000, magnitude % 1'000'000);
}

TEST(RoundTrip, EveryMicrosecondArrivesInBothTimestamps) {
  Random random;
  std::vector<std::int64_t> micros = {0, -1, 946'684'800'000'000, 946'684'799'999'999, -210'866'803'200'000'000};
  for (int i = 0; i < kRandomValues; ++i)
    micros.push_back(random.Between(-210'866'803'200'000'000, 9'000'000'000'000'000'000));
  std::vector<absl::Time> values;
  for (const std::int64_t micro : micros) values.push_back(absl::FromUnixMicros(micro));
  const auto expected = Map(micros, EpochText);
  for (const PgType type : {PgType::kTimestamptz, PgType::kTimestamp}) {
    EXPECT_EQ(RoundTrip(values, type, "extract(epoch FROM value)::text"), expected) << Name(type);
  }
}

TEST(RoundTrip, InfiniteTimesStayInfinite) {
  const std::vector<absl::Time> values = {absl::InfiniteFuture(), absl::InfinitePast()};
  EXPECT_THAT(RoundTrip(values, PgType::kTimestamptz, "value::text"), ::testing::ElementsAre("infinity", "-infinity"));
}

std::string DateText(absl::CivilDay day) {
  const bool before_christ = day.year() <= 0;
  return fmt::format("{:04}-{:02}-{:02}{}", before_christ ? 1 - day.year() : day.year(), day.month(), day.day(),
                     before_christ ? " BC" : "");
}

TEST(RoundTrip, EveryDateArrives) {
  Random random;
  const absl::CivilDay first(-4713, 11, 24);
  const absl::CivilDay last(5'874'897, 12, 31);
  std::vector<absl::CivilDay> values = {first, last, absl::CivilDay(0, 12, 31), absl::CivilDay(2000, 2, 29)};
  for (int i = 0; i < kRandomValues; ++i) values.push_back(first + random.Between(0, last - first));
  EXPECT_EQ(RoundTrip(values, PgType::kDate, "value::text"), Map(values, DateText));
}

// One character of one to four bytes.
std::string Character(Random& random) {
  static const std::vector<std::string> characters = {"a",      "\"",     "\\",         "\t",        "\x7f",   "é",
                                                      "\u0080", "\u07ff", "€",          "\u0800",    "\ud7ff", "\ue000",
                                                      "\uffff", "𝄞",      "\U00010000", "\U0010ffff"};
  return random.OneOf(characters);
}

std::vector<std::string> RandomTexts() {
  Random random;
  std::vector<std::string> texts = {"", "plain", std::string(100'000, 'x')};
  for (int i = 0; i < kRandomValues; ++i) {
    std::string& text = texts.emplace_back();
    for (auto left = random.Between(0, 20); left > 0; --left) text += Character(random);
  }
  return texts;
}

TEST(RoundTrip, EveryTextArrives) {
  const std::vector<std::string> values = RandomTexts();
  for (const PgType type : {PgType::kText, PgType::kVarchar}) EXPECT_EQ(RoundTrip(values, type, "value"), values);
}

TEST(RoundTrip, JsonKeepsItsTextAndJsonbItsMeaning) {
  const std::vector<std::string> values = {"{}", R"({"b": 1, "a": [1.50, null, "\u00e9\n"]})", "-0.5e+3", " true "};
  EXPECT_EQ(RoundTrip(values, PgType::kJson, "value::text"), values);
  CopyTable table("id int, value jsonb");
  ASSERT_TRUE(table.Write(absl::StrJoin(EncodeCells(values, PgType::kJsonb), "")).ok());
  EXPECT_THAT(table.Texts("SELECT value::text FROM t ORDER BY id"),
              ::testing::ElementsAre("{}", "{\"a\": [1.50, null, \"é\\n\"], \"b\": 1}", "-500", "true"));
}

TEST(RoundTrip, EnumsAreWrittenAsText) {
  CopyTable table("id int");
  table.Query("CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE t ADD COLUMN value mood");
  const std::vector<std::string> values = {"ok", "sad"};
  ASSERT_TRUE(table.Write(absl::StrJoin(EncodeCells(values, PgType::kText), "")).ok());
  EXPECT_EQ(table.Texts("SELECT value::text FROM t ORDER BY id"), values);
}

TEST(RoundTrip, EveryByteArrives) {
  std::vector<std::vector<std::byte>> values(2);
  for (int i = 0; i < 256; ++i) values[1].push_back(static_cast<std::byte>(i));
  const auto hex = [](const std::vector<std::byte>& value) {
    std::string text;
    for (const std::byte byte : value) text += fmt::format("{:02x}", static_cast<int>(byte));
    return text;
  };
  EXPECT_EQ(RoundTrip(values, PgType::kBytea, "encode(value, 'hex')"), Map(values, hex));
}

TEST(RoundTrip, EveryUuidArrives) {
  Random random;
  std::vector<Uuid> values(2);
  values[1].bytes.fill(255);
  for (int i = 0; i < kRandomValues; ++i) {
    for (auto& byte : values.emplace_back().bytes) byte = random.Any<std::uint8_t>();
  }
  EXPECT_EQ(RoundTrip(values, PgType::kUuid, "value::text"), Map(values, [](const Uuid& u) { return u.ToString(); }));
}

TEST(RoundTrip, BooleansAndNullsArrive) {
  const std::vector<std::optional<bool>> values = {true, false, std::nullopt};
  EXPECT_THAT(RoundTrip(values, PgType::kBool, "value::text"), ::testing::ElementsAre("true", "false", "NULL"));
}

template <class T>
std::vector<std::vector<std::optional<T>>> Arrays(Random& random, const std::vector<T>& elements) {
  std::vector<std::vector<std::optional<T>>> arrays = {{}, {std::nullopt}};
  for (int i = 0; i < 200; ++i) {
    auto& array = arrays.emplace_back();
    for (auto left = random.Between(0, 8); left > 0; --left) {
      array.push_back(random.Chance(20) ? std::nullopt : std::optional(random.OneOf(elements)));
    }
  }
  return arrays;
}

// The elements of the arrays one by one, as `text` shows them, against what they were.
template <class T>
void ExpectElementsArrive(PgType type, const std::vector<T>& elements, const std::string& text, auto&& to_text) {
  Random random;
  const auto arrays = Arrays(random, elements);
  const std::string joined =
      absl::StrCat("(SELECT coalesce(string_agg(coalesce(", text,
                   ", 'NULL'), ';' ORDER BY n), '') FROM unnest(value) WITH ORDINALITY AS u(e, n))");
  const auto expected = Map(arrays, [&](const auto& array) {
    return absl::StrJoin(
        array, ";", [&](std::string* out, const auto& element) { out->append(element ? to_text(*element) : "NULL"); });
  });
  EXPECT_EQ(RoundTrip(arrays, type, joined), expected) << Name(type);
}

TEST(RoundTrip, ArraysOfNumbersArrive) {
  const auto print = [](auto value) { return std::to_string(value); };
  ExpectElementsArrive<std::int16_t>(PgType::kInt2Array, Integers<std::int16_t>(), "e::text", print);
  ExpectElementsArrive<std::int32_t>(PgType::kInt4Array, Integers<std::int32_t>(), "e::text", print);
  ExpectElementsArrive<std::int64_t>(PgType::kInt8Array, Integers<std::int64_t>(), "e::text", print);
  ExpectElementsArrive<std::int64_t>(PgType::kNumericArray, Integers<std::int64_t>(), "e::text", print);
  ExpectElementsArrive<float>(PgType::kFloat4Array, {0.5F, -2}, "e::numeric(9, 6)::text", print);
  ExpectElementsArrive<double>(PgType::kFloat8Array, {0.5, -2}, "e::numeric(9, 6)::text", print);
  ExpectElementsArrive<Decimal>(PgType::kNumericArray, {Decimal::Of(-150, 2).value(), Decimal::NaN()}, "e::text",
                                [](const Decimal& value) { return value.ToString(); });
}

TEST(RoundTrip, ArraysOfTextsArrive) {
  const auto same = [](const std::string& value) { return value; };
  ExpectElementsArrive<std::string>(PgType::kTextArray, RandomTexts(), "e", same);
  ExpectElementsArrive<std::string>(PgType::kVarcharArray, RandomTexts(), "e", same);
}

TEST(RoundTrip, ArraysOfOtherTypesArrive) {
  ExpectElementsArrive<bool>(PgType::kBoolArray, {true, false}, "e::text",
                             [](bool value) { return value ? "true" : "false"; });
  ExpectElementsArrive<Uuid>(PgType::kUuidArray, {Uuid{}}, "e::text",
                             [](const Uuid& value) { return value.ToString(); });
  ExpectElementsArrive<absl::CivilDay>(PgType::kDateArray, {absl::CivilDay(2024, 2, 29)}, "e::text", DateText);
  const auto epoch = [](absl::Time time) { return EpochText(absl::ToUnixMicros(time)); };
  for (const PgType type : {PgType::kTimestamptzArray, PgType::kTimestampArray}) {
    ExpectElementsArrive<absl::Time>(type, {absl::UnixEpoch(), absl::FromUnixMicros(-1)}, "extract(epoch FROM e)::text",
                                     epoch);
  }
  ExpectElementsArrive<std::vector<std::byte>>(PgType::kByteaArray, {{}, {std::byte{7}}}, "encode(e, 'hex')",
                                               [](const auto& value) { return value.empty() ? "" : "07"; });
}

TEST(RoundTrip, ArraysOfPlainBoolsArrive) {
  const std::vector<std::vector<bool>> values = {{}, {true, false, true}};
  EXPECT_THAT(RoundTrip(values, PgType::kBoolArray, "value::text"), ::testing::ElementsAre("{}", "{t,f,t}"));
}

}  // namespace
}  // namespace bxb::testing
