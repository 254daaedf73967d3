#include "bxb/row_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bxb/event.h"
#include "bxb/internal/big_endian.h"
#include "bxb/pg_type.h"
#include "bxb/status.h"
#include "wire/cell.h"

namespace bxb::testing {

struct Reading {
  double celsius = 0;
  std::int64_t sensor = 0;
  std::optional<std::string_view> note;
  absl::Time at;
  std::vector<std::optional<std::int32_t>> samples;
  std::string not_described = "default";
};

}  // namespace bxb::testing

template <>
struct bxb::RowOf<bxb::testing::Reading> {
  using Reading = bxb::testing::Reading;
  static constexpr std::string_view table = "readings";
  static constexpr auto columns =
      Columns(Column("celsius", &Reading::celsius), Column("sensor_id", &Reading::sensor, kKey),
              Column("note", &Reading::note, kObject), Column("at", &Reading::at, kKey | kTime),
              Column("samples", &Reading::samples));
};

namespace bxb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kPlenty = 1 << 20;
constexpr PgType kReadingTypes[] = {PgType::kNumeric, PgType::kTimestamp, PgType::kFloat8, PgType::kJson,
                                    PgType::kInt4Array};
constexpr PgType kEventTypes[] = {PgType::kUuid, PgType::kText,  PgType::kTimestamptz, PgType::kText,
                                  PgType::kText, PgType::kJsonb, PgType::kFloat8,      PgType::kNumeric};

RowCodec<Reading> ReadingCodec() { return RowCodec<Reading>::For(kReadingTypes).value(); }
RowCodec<Event> EventCodec() { return RowCodec<Event>::For(kEventTypes).value(); }

std::string Encoded(const Reading& reading) {
  std::string tuple;
  ReadingCodec().Encode(reading, tuple);
  return tuple;
}

template <class Row>
std::vector<std::string> ColumnNames() {
  std::vector<std::string> names;
  for (const auto& column : RowCodec<Row>::Shape().columns) names.emplace_back(column.name);
  return names;
}

TEST(RowShape, PutsKeyColumnsFirstAndKeepsTheOrderOtherwise) {
  EXPECT_THAT(ColumnNames<Reading>(), ElementsAre("sensor_id", "at", "celsius", "note", "samples"));
}

TEST(RowShape, PutsTheTimeBehindTheKey) {
  EXPECT_THAT(ColumnNames<Event>(),
              ElementsAre("organization_id", "transaction_id", "timestamp", "external_customer_id", "code",
                          "properties", "value", "decimal_value"));
}

TEST(RowShape, SaysWhatEachMemberIs) {
  const auto columns = RowCodec<Reading>::Shape().columns;
  EXPECT_EQ(columns[0].cpp_type, "int64_t");
  EXPECT_EQ(columns[3].cpp_type, "std::optional<std::string_view>");
  EXPECT_EQ(columns[4].cpp_type, "std::vector<std::optional<int32_t>>");
  EXPECT_EQ(columns[1].roles, kKey | kTime);
  EXPECT_TRUE(columns[3].nullable);
  EXPECT_FALSE(columns[4].nullable);
  EXPECT_TRUE(columns[0].accepts(PgType::kInt8));
  EXPECT_FALSE(columns[0].accepts(PgType::kInt4));
}

TEST(RowShape, KnowsItsTableAndWhetherItIsTheBuiltInEvent) {
  EXPECT_EQ(RowCodec<Reading>::Shape().table, "readings");
  EXPECT_FALSE(RowCodec<Reading>::Shape().is_event);
  EXPECT_TRUE(RowCodec<Event>::Shape().is_event);
  EXPECT_EQ(RowCodec<Cell<bool>>::Shape().table, "");
}

TEST(RowCodec, NamesThePairThatHasNoExactEncoding) {
  std::vector<PgType> types(std::begin(kEventTypes), std::end(kEventTypes));
  types[6] = PgType::kNumeric;
  const auto codec = RowCodec<Event>::For(types);
  EXPECT_EQ(codec.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(codec.status().message(), "column \"value\": std::optional<double> has no exact encoding as numeric");
}

TEST(RowCodec, RefusesAnotherNumberOfColumns) {
  EXPECT_EQ(RowCodec<Event>::For({}).status().message(), "the row has 8 columns, but 0 types were given");
}

// The table in bxb/row.h, member by member: everything else is refused.
template <class T>
void ExpectAccepts(const std::vector<PgType>& expected) {
  const auto accepts = RowCodec<Cell<T>>::Shape().columns[1].accepts;
  std::vector<PgType> accepted;
  for (std::uint32_t oid = 1; oid < 4000; ++oid) {
    if (const PgType type = PgTypeFromOid(oid); type != PgType::kUnsupported && accepts(type)) accepted.push_back(type);
  }
  EXPECT_THAT(accepted, ::testing::UnorderedElementsAreArray(expected));
  EXPECT_FALSE(accepts(PgType::kUnsupported));
}

TEST(RowCodec, EncodesEachMemberAsTheDocumentedTypesOnly) {
  ExpectAccepts<bool>({PgType::kBool});
  ExpectAccepts<std::int16_t>(
      {PgType::kInt2, PgType::kInt4, PgType::kInt8, PgType::kFloat4, PgType::kFloat8, PgType::kNumeric});
  ExpectAccepts<std::int32_t>({PgType::kInt4, PgType::kInt8, PgType::kFloat8, PgType::kNumeric});
  ExpectAccepts<std::int64_t>({PgType::kInt8, PgType::kNumeric});
  ExpectAccepts<float>({PgType::kFloat4, PgType::kFloat8});
  ExpectAccepts<double>({PgType::kFloat8});
  ExpectAccepts<Decimal>({PgType::kNumeric});
  ExpectAccepts<std::string_view>({PgType::kText, PgType::kVarchar, PgType::kJson, PgType::kJsonb});
  ExpectAccepts<std::string>({PgType::kText, PgType::kVarchar, PgType::kJson, PgType::kJsonb});
  ExpectAccepts<Bytes>({PgType::kBytea});
  ExpectAccepts<std::vector<std::byte>>({PgType::kBytea});
  ExpectAccepts<Uuid>({PgType::kUuid});
  ExpectAccepts<absl::Time>({PgType::kTimestamptz, PgType::kTimestamp});
  ExpectAccepts<absl::CivilDay>({PgType::kDate});
  ExpectAccepts<std::optional<bool>>({PgType::kBool});
  ExpectAccepts<std::span<const std::int64_t>>({PgType::kInt8Array, PgType::kNumericArray});
  ExpectAccepts<std::vector<std::string>>({PgType::kTextArray, PgType::kVarcharArray});
  ExpectAccepts<std::vector<Bytes>>({PgType::kByteaArray});
}

TEST(RowCodec, PointsAtTheKeysBytes) {
  std::vector<char> scratch;
  const auto row =
      ReadingCodec().EncodeChecked({.sensor = 7, .at = absl::UnixEpoch(), .samples = {}}, kPlenty, scratch);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->key_bytes, 4 + 10 + 4 + 8);  // numeric 7 and a timestamp, with their lengths
  EXPECT_EQ(row->tuple.data(), scratch.data());
  EXPECT_EQ(internal::GetBig<std::int16_t>(row->tuple.data()), 5);
}

TEST(RowCodec, GivesTheSameBytesCheckedAndUnchecked) {
  const Reading reading{
      .celsius = 21.5, .sensor = -3, .note = " {}", .at = absl::UnixEpoch(), .samples = {1, std::nullopt}};
  std::vector<char> scratch;
  EXPECT_EQ(ReadingCodec().EncodeChecked(reading, kPlenty, scratch)->tuple, Encoded(reading));
}

TEST(RowCodec, DecodesWhatItEncoded) {
  const Reading reading{
      .celsius = 21.5, .sensor = -3, .note = "{}", .at = absl::UnixEpoch(), .samples = {1, std::nullopt}};
  const std::string tuple = Encoded(reading);
  const auto decoded = ReadingCodec().Decode(tuple);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->celsius, reading.celsius);
  EXPECT_EQ(decoded->sensor, reading.sensor);
  EXPECT_EQ(decoded->note, reading.note);
  EXPECT_EQ(decoded->at, reading.at);
  EXPECT_EQ(decoded->samples, reading.samples);
  EXPECT_EQ(decoded->not_described, "default");
}

TEST(RowCodec, CutsTimesTowardThePast) {
  const absl::Time before_epoch = absl::UnixEpoch() - absl::Nanoseconds(1);
  const std::string tuple = Encoded({.at = before_epoch, .samples = {}});
  EXPECT_EQ(ReadingCodec().Decode(tuple)->at, absl::UnixEpoch() - absl::Microseconds(1));
}

TEST(RowCodec, RefusesARowOfOneByteTooMany) {
  const Reading reading{.note = "{}", .samples = {1, 2, 3}};
  const std::size_t size = Encoded(reading).size();
  std::vector<char> scratch;
  EXPECT_TRUE(ReadingCodec().EncodeChecked(reading, size, scratch).ok());
  EXPECT_LE(scratch.size(), size);
  const auto refused = ReadingCodec().EncodeChecked(reading, size - 1, scratch);
  EXPECT_EQ(SqlStateOf(refused.status()), "54000");
  EXPECT_EQ(refused.status().message(),
            absl::StrCat("the row takes ", size, " bytes, more than WriterOptions::batch_bytes (", size - 1, ")"));
}

TEST(RowCodec, LimitsTheRowAndNotTheScratchBuffer) {
  std::vector<char> scratch(kPlenty);
  EXPECT_FALSE(ReadingCodec().EncodeChecked({.samples = {}}, 10, scratch).ok());
}

TEST(RowCodec, RefusesAKeyThatNoIndexEntryHolds) {
  const std::string id(RowCodec<Event>::kMaxKeyBytes - 4 - 16 - 4, 'x');
  std::vector<char> scratch;
  Event event{.transaction_id = id, .properties = "{}", .value = {}, .decimal_value = {}};
  EXPECT_TRUE(EventCodec().EncodeChecked(event, kPlenty, scratch).ok());
  const std::string longer = id + "x";
  event.transaction_id = longer;
  const auto refused = EventCodec().EncodeChecked(event, kPlenty, scratch);
  EXPECT_EQ(SqlStateOf(refused.status()), "54000");
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("(\"organization_id\", \"transaction_id\") takes 2601 bytes"));
}

TEST(RowCodec, RefusesJsonThatIsNotAnObjectWhereOneMustBe) {
  std::vector<char> scratch;
  const auto refused = ReadingCodec().EncodeChecked({.note = "[1]", .samples = {}}, kPlenty, scratch);
  EXPECT_EQ(SqlStateOf(refused.status()), "22023");
  EXPECT_EQ(refused.status().message(), "column \"note\": the value is JSON, but not an object");
  EXPECT_TRUE(ReadingCodec().EncodeChecked({.note = " \n{}", .samples = {}}, kPlenty, scratch).ok());
  EXPECT_TRUE(ReadingCodec().EncodeChecked({.samples = {}}, kPlenty, scratch).ok());
}

TEST(RowCodec, SaysWhichColumnCannotBeDecoded) {
  std::string tuple = Encoded({.samples = {}});
  tuple[2 + 3] = 1;  // the first field's length
  const auto decoded = ReadingCodec().Decode(tuple);
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(decoded.status().message(), "column \"sensor_id\": the bytes are not those of numeric");
}

TEST(RowCodec, RefusesEveryTruncatedTuple) {
  const std::string tuple = Encoded({.note = "{}", .samples = {1}});
  for (std::size_t size = 0; size < tuple.size(); ++size) {
    EXPECT_EQ(ReadingCodec().Decode(tuple.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(ReadingCodec().Decode(tuple + "x").status().message(), "1 bytes follow the tuple's last field");
}

TEST(RowCodec, RefusesATupleOfAnotherWidth) {
  EXPECT_EQ(ReadingCodec().Decode(std::string("\0\1\377\377\377\377", 6)).status().message(),
            "the tuple has 1 fields, not 5");
}

template <class From, class To>
absl::StatusCode Reread(From value, PgType type) {
  const auto tuple = EncodeCells<From>({value}, type)[0];
  return CellCodec<To>(type).Decode(tuple).status().code();
}

TEST(RowCodec, NeverRoundsOrCutsWhatItDecodes) {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto unfit = absl::StatusCode::kOutOfRange;
  EXPECT_EQ((Reread<std::int64_t, std::int16_t>(32'767, PgType::kInt8)), absl::StatusCode::kOk);
  EXPECT_EQ((Reread<std::int64_t, std::int16_t>(32'768, PgType::kInt8)), unfit);
  EXPECT_EQ((Reread<double, std::int32_t>(-2'147'483'648.0, PgType::kFloat8)), absl::StatusCode::kOk);
  EXPECT_EQ((Reread<double, std::int32_t>(2'147'483'648.0, PgType::kFloat8)), unfit);
  EXPECT_EQ((Reread<double, std::int32_t>(0.5, PgType::kFloat8)), unfit);
  EXPECT_EQ((Reread<double, std::int32_t>(std::numeric_limits<double>::quiet_NaN(), PgType::kFloat8)), unfit);
  EXPECT_EQ((Reread<double, float>(0.1, PgType::kFloat8)), unfit);
  EXPECT_EQ((Reread<Decimal, std::int64_t>(Limits::min(), PgType::kNumeric)), absl::StatusCode::kOk);
  EXPECT_EQ((Reread<Decimal, std::int64_t>(Decimal::Of(absl::int128(Limits::max()) + 1, 0).value(), PgType::kNumeric)),
            unfit);
  EXPECT_EQ((Reread<Decimal, std::int64_t>(Decimal::Of(15, 1).value(), PgType::kNumeric)), unfit);
  EXPECT_EQ((Reread<Decimal, std::int64_t>(Decimal::Of(150, 1).value(), PgType::kNumeric)), absl::StatusCode::kOk);
  EXPECT_EQ((Reread<Decimal, std::int64_t>(Decimal::NaN(), PgType::kNumeric)), unfit);
  EXPECT_EQ((Reread<std::optional<bool>, bool>(std::nullopt, PgType::kBool)), unfit);
}

}  // namespace
}  // namespace bxb::testing
