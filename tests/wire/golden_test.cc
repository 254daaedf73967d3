// Bytes written down beside the SQL that made them: the encoder must write them, and the live server too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/pg_type.h"
#include "bxb/uuid.h"
#include "support/shared_server.h"
#include "wire/cell.h"

namespace bxb::testing {
namespace {

struct Golden {
  std::string sql;    // an expression of the type's send function
  std::string hex;    // what it gives
  std::string bytes;  // what our encoder gives
};

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

Decimal Number(std::string_view text) { return Decimal::Parse(text).value(); }

absl::Time At(std::string_view utc) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", std::string(utc), &time, &error)) << utc << ": " << error;
  return time;
}

template <class T>
std::string Bytes(PgType type, const T& value) {
  return EncodeValue<T>(value, type);
}

std::vector<Golden> Numbers() {
  using Double = std::numeric_limits<double>;
  return {
      {"boolsend(true)", "01", Bytes(PgType::kBool, true)},
      {"int2send((-2)::int2)", "fffe", Bytes<std::int16_t>(PgType::kInt2, -2)},
      {"int4send(258)", "00000102", Bytes<std::int32_t>(PgType::kInt4, 258)},
      {"int8send(-9223372036854775808)", "8000000000000000",
       Bytes<std::int64_t>(PgType::kInt8, std::numeric_limits<std::int64_t>::min())},
      {"float4send(1.5)", "3fc00000", Bytes(PgType::kFloat4, 1.5F)},
      {"float8send(-0.1)", "bfb999999999999a", Bytes(PgType::kFloat8, -0.1)},
      {"float8send('NaN')", "7ff8000000000000", Bytes(PgType::kFloat8, Double::quiet_NaN())},
      {"float8send('-Infinity')", "fff0000000000000", Bytes(PgType::kFloat8, -Double::infinity())},
      {"float8send(1.5::float4)", "3ff8000000000000", Bytes(PgType::kFloat8, 1.5F)},
      {"numeric_send(0)", "0000000000000000", Bytes<std::int64_t>(PgType::kNumeric, 0)},
      {"numeric_send(-9223372036854775808)", "0005000440000000039a0d2c0170156516b0",
       Bytes<std::int64_t>(PgType::kNumeric, std::numeric_limits<std::int64_t>::min())},
      {"numeric_send(0.00)", "0000000000000002", Bytes(PgType::kNumeric, Number("0.00"))},
      {"numeric_send(10000)", "00010001000000000001", Bytes(PgType::kNumeric, Number("10000"))},
      {"numeric_send(123.45)", "0002000000000002007b1194", Bytes(PgType::kNumeric, Number("123.45"))},
      {"numeric_send(-1.50)", "00020000400000020001 1388", Bytes(PgType::kNumeric, Number("-1.50"))},
      {"numeric_send(0.00001)", "0001fffe0000000503e8", Bytes(PgType::kNumeric, Number("0.00001"))},
      {"numeric_send('NaN')", "00000000c0000000", Bytes(PgType::kNumeric, Decimal::NaN())},
  };
}

std::vector<Golden> Times() {
  const auto zone = PgType::kTimestamptz;
  return {
      {"timestamptz_send('2000-01-01 00:00:00Z')", "0000000000000000", Bytes(zone, At("2000-01-01 00:00:00"))},
      {"timestamptz_send('2024-02-29 12:34:56.789012Z')", "0002b58341728614",
       Bytes(zone, At("2024-02-29 12:34:56.789012"))},
      {"timestamptz_send('1999-12-31 23:59:59.999999Z')", "ffffffffffffffff",
       Bytes(zone, At("1999-12-31 23:59:59.999999"))},
      {"timestamptz_send('4714-11-24 00:00:00Z BC')", "fd0f7cc1411fa000", Bytes(zone, At("-4713-11-24 00:00:00"))},
      {"timestamptz_send('294276-12-31 23:59:59.999999Z')", "7fffff5bb3b29fff",
       Bytes(zone, At("294276-12-31 23:59:59.999999"))},
      {"timestamptz_send('infinity')", "7fffffffffffffff", Bytes(zone, absl::InfiniteFuture())},
      {"timestamptz_send('-infinity')", "8000000000000000", Bytes(zone, absl::InfinitePast())},
      {"timestamp_send('2024-02-29 12:34:56')", "0002b58341667c00",
       Bytes(PgType::kTimestamp, At("2024-02-29 12:34:56"))},
      {"date_send('2024-02-29')", "00002279", Bytes(PgType::kDate, absl::CivilDay(2024, 2, 29))},
      {"date_send('4714-11-24 BC')", "ffda97a7", Bytes(PgType::kDate, absl::CivilDay(-4713, 11, 24))},
      {"date_send('5874897-12-31')", "7fda970c", Bytes(PgType::kDate, absl::CivilDay(5'874'897, 12, 31))},
  };
}

std::vector<Golden> Texts() {
  const Uuid uuid = *Uuid::Parse("01234567-89ab-cdef-0123-456789abcdef");
  const std::vector<std::byte> raw = {std::byte{0}, std::byte{255}};
  return {
      {"textsend('')", "", Bytes<std::string>(PgType::kText, "")},
      {"textsend('é€𝄞')", "c3a9e282acf09d849e", Bytes<std::string>(PgType::kText, "é€𝄞")},
      {"json_send('{\"a\": 1}')", "7b2261223a20317d", Bytes<std::string>(PgType::kJson, R"({"a": 1})")},
      {"jsonb_send('{\"a\": 1}')", "017b2261223a20317d", Bytes<std::string>(PgType::kJsonb, R"({"a": 1})")},
      {"byteasend('\\x00ff')", "00ff", Bytes(PgType::kBytea, raw)},
      {"uuid_send('01234567-89ab-cdef-0123-456789abcdef')", "0123456789abcdef0123456789abcdef",
       Bytes(PgType::kUuid, uuid)},
  };
}

std::vector<Golden> Arrays() {
  using Ints = std::vector<std::optional<std::int32_t>>;
  return {
      {"array_send('{}'::int4[])", "000000000000000000000017", Bytes(PgType::kInt4Array, Ints{})},
      {"array_send('{1,NULL}'::int4[])", "00000001 00000001 00000017 00000002 00000001 00000004 00000001 ffffffff",
       Bytes(PgType::kInt4Array, Ints{1, std::nullopt})},
      {"array_send('{t,f}'::bool[])", "00000001 00000000 00000010 00000002 00000001 00000001 01 00000001 00",
       Bytes(PgType::kBoolArray, std::vector<bool>{true, false})},
      {"array_send('{a,\"\"}'::text[])", "00000001 00000000 00000019 00000002 00000001 00000001 61 00000000",
       Bytes(PgType::kTextArray, std::vector<std::string_view>{"a", ""})},
      {"array_send('{1.5}'::numeric[])",
       "00000001 00000000 000006a4 00000001 00000001 0000000c 0002000000000001 0001 1388",
       Bytes(PgType::kNumericArray, std::vector<Decimal>{Number("1.5")})},
  };
}

std::string WithoutBlanks(std::string hex) {
  std::erase(hex, ' ');
  return hex;
}

void ExpectGolden(const std::vector<Golden>& goldens) {
  for (const auto& [sql, hex, bytes] : goldens) {
    EXPECT_EQ(Hex(bytes), WithoutBlanks(hex)) << sql;
    const auto rows = SharedServer().Query(absl::StrCat("SELECT encode(", sql, ", 'hex')"));
    ASSERT_TRUE(rows.ok()) << sql << ": " << rows.status();
    EXPECT_EQ((*rows)[0][0], WithoutBlanks(hex)) << sql;
  }
}

TEST(Golden, NumbersAreTheServersBytes) { ExpectGolden(Numbers()); }
TEST(Golden, TimesAreTheServersBytes) { ExpectGolden(Times()); }
TEST(Golden, TextsAreTheServersBytes) { ExpectGolden(Texts()); }
TEST(Golden, ArraysAreTheServersBytes) { ExpectGolden(Arrays()); }

}  // namespace
}  // namespace bxb::testing
