// Every member type that a row can have, read from every column type that it is written to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "bxb/decimal.h"
#include "read/scan_support.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {

struct All {
  bool truth;
  std::int16_t small;
  std::int16_t small_as_numeric;
  std::int32_t middle;
  std::int32_t middle_as_double;
  std::int64_t large;
  std::int64_t large_as_numeric;
  float real;
  double precise;
  Decimal exact;
  std::string text;
  std::string color;
  std::string object;
  std::string document;
  std::vector<std::byte> bytes;
  Uuid id;
  absl::Time at;
  absl::Time local;
  absl::CivilDay day;
  std::optional<std::int64_t> maybe;
  std::optional<std::string> maybe_text;
  std::vector<std::int32_t> numbers;
  std::vector<std::string> texts;
  std::vector<std::optional<Decimal>> decimals;
  std::optional<std::vector<absl::Time>> times;
};

}  // namespace bxb::testing

template <>
struct bxb::RowOf<bxb::testing::All> {
  using All = bxb::testing::All;
  static constexpr std::string_view table = "everything";
  static constexpr auto columns = bxb::Columns(
      Column("truth", &All::truth), Column("small", &All::small), Column("small_as_numeric", &All::small_as_numeric),
      Column("middle", &All::middle), Column("middle_as_double", &All::middle_as_double), Column("large", &All::large),
      Column("large_as_numeric", &All::large_as_numeric), Column("real", &All::real), Column("precise", &All::precise),
      Column("exact", &All::exact), Column("text", &All::text), Column("color", &All::color),
      Column("object", &All::object), Column("document", &All::document), Column("bytes", &All::bytes),
      Column("id", &All::id), Column("at", &All::at), Column("local", &All::local), Column("day", &All::day),
      Column("maybe", &All::maybe), Column("maybe_text", &All::maybe_text), Column("numbers", &All::numbers),
      Column("texts", &All::texts), Column("decimals", &All::decimals), Column("times", &All::times));
};

namespace bxb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kTable = R"(
  CREATE TYPE color AS ENUM ('red', 'green');
  CREATE DOMAIN positive AS bigint CHECK (VALUE > 0);
  CREATE TABLE everything (
    times timestamptz[], decimals numeric[], texts text[], numbers int[], maybe_text text, maybe positive, day date,
    local timestamp, at timestamptz, id uuid, bytes bytea, document json, object jsonb, color color, text varchar(20),
    exact numeric(20, 4), precise float8, real float4, large_as_numeric numeric, large bigint, middle_as_double float8,
    middle int, small_as_numeric numeric, small smallint, truth boolean))";

class ScanTypesTest : public ::testing::Test {
 protected:
  ScanTypesTest() { Sql(dsn_, kTable); }

  All Only() {
    std::vector<All> rows;
    const auto read = Scan<All>(connection_, {}, [&](const All& row) {
      rows.push_back(row);
      return absl::OkStatus();
    });
    EXPECT_EQ(read.value(), 1);
    return rows.at(0);
  }

  const std::string dsn_ = FreshDatabase();
  pq::Connection connection_ = Connect(dsn_);
};

TEST_F(ScanTypesTest, EveryMemberHasItsColumnsValue) {
  Sql(dsn_, R"(INSERT INTO everything VALUES (
      ARRAY['2026-11-22 10:11:12.000001+00'::timestamptz, 'infinity'], ARRAY[1.50, NULL], ARRAY['a', ''], '{1,-2}',
      'there', 9, '2026-02-28', '2026-11-22 10:11:12.5', '2026-11-22 10:11:12.5+01',
      '01234567-89ab-cdef-0123-456789abcdef', '\x00ff', '{ "a":1}', '{"a":  1}', 'green', 'ünï', 12345.6789, 0.1, 0.5,
      9223372036854775807, -9223372036854775808, 2147483647, -2147483648, 32767, -32768, true))");
  const All row = Only();
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time second = absl::FromCivil(absl::CivilSecond(2026, 11, 22, 10, 11, 12), utc);
  EXPECT_TRUE(row.truth);
  EXPECT_EQ(row.small, -32768);
  EXPECT_EQ(row.small_as_numeric, 32767);
  EXPECT_EQ(row.middle, -2147483648);
  EXPECT_EQ(row.middle_as_double, 2147483647);
  EXPECT_EQ(row.large, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row.large_as_numeric, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(row.real, 0.5F);
  EXPECT_EQ(row.precise, 0.1);
  EXPECT_EQ(row.exact, Decimal::Parse("12345.6789").value());
  EXPECT_EQ(row.text, "ünï");
  EXPECT_EQ(row.color, "green");
  EXPECT_EQ(row.object, R"({"a": 1})");
  EXPECT_EQ(row.document, R"({ "a":1})");
  EXPECT_THAT(row.bytes, ElementsAre(std::byte{0}, std::byte{255}));
  EXPECT_EQ(row.id.ToString(), "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(row.at, second + absl::Milliseconds(500) - absl::Hours(1));
  EXPECT_EQ(row.local, second + absl::Milliseconds(500));
  EXPECT_EQ(row.day, absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(row.maybe, 9);
  EXPECT_EQ(row.maybe_text, "there");
  EXPECT_THAT(row.numbers, ElementsAre(1, -2));
  EXPECT_THAT(row.texts, ElementsAre("a", ""));
  EXPECT_THAT(row.decimals, ElementsAre(Decimal::Parse("1.50").value(), std::nullopt));
  ASSERT_TRUE(row.times);
  EXPECT_THAT(*row.times, ElementsAre(second + absl::Microseconds(1), absl::InfiniteFuture()));
}

TEST_F(ScanTypesTest, OptionalMembersTakeNull) {
  Sql(dsn_, R"(INSERT INTO everything VALUES (
      NULL, '{}', '{}', '{}', NULL, NULL, '0044-03-15 BC', '-infinity', 'infinity',
      '00000000-0000-0000-0000-000000000000', '', '{}', '{}', 'red', '', 0, 'NaN', '-infinity', 0, 0, 0, 0, 0, 0, false))");
  const All row = Only();
  EXPECT_EQ(row.maybe, std::nullopt);
  EXPECT_EQ(row.maybe_text, std::nullopt);
  EXPECT_EQ(row.times, std::nullopt);
  EXPECT_THAT(row.numbers, IsEmpty());
  EXPECT_EQ(row.day, absl::CivilDay(-43, 3, 15));
  EXPECT_EQ(row.at, absl::InfiniteFuture());
  EXPECT_EQ(row.local, absl::InfinitePast());
}

TEST_F(ScanTypesTest, AValueThatTheMemberCannotHoldIsOutOfRange) {
  Sql(dsn_, "INSERT INTO everything (truth, small, small_as_numeric) VALUES (true, 1, 32768)");
  const auto read = Scan<All>(connection_, {}, [](const All&) { return absl::OkStatus(); });
  EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(read.status().message()), ::testing::HasSubstr("\"small_as_numeric\""));
}

}  // namespace
}  // namespace bxb::testing
