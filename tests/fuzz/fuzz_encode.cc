// Rows made of any values: what EncodeChecked takes comes back the same, and what it writes is what Encode writes.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/pg_type.h"
#include "bxb/row_codec.h"
#include "bxb/uuid.h"
#include "fuzz/check.h"

namespace bxb::fuzz {

struct Everything {
  std::string key;
  std::int64_t integer = 0;
  std::optional<std::int16_t> small;
  double real = 0;
  std::optional<Decimal> decimal;
  std::string json;
  std::optional<std::string> object;
  absl::Time time;
  absl::CivilDay day;
  std::vector<std::optional<std::string>> texts;
  std::vector<std::int32_t> integers;
  std::vector<Decimal> decimals;
};

}  // namespace bxb::fuzz

template <>
struct bxb::RowOf<bxb::fuzz::Everything> {
  using Row = bxb::fuzz::Everything;
  static constexpr auto columns =
      Columns(Column("integer", &Row::integer), Column("small", &Row::small), Column("real", &Row::real),
              Column("decimal", &Row::decimal), Column("json", &Row::json), Column("object", &Row::object, kObject),
              Column("key", &Row::key, kKey), Column("time", &Row::time, kTime), Column("day", &Row::day),
              Column("texts", &Row::texts), Column("integers", &Row::integers), Column("decimals", &Row::decimals));
};

namespace bxb::fuzz {
namespace {

constexpr PgType kTypes[] = {PgType::kText,   PgType::kTimestamptz,  PgType::kNumeric,   PgType::kFloat4,
                             PgType::kFloat8, PgType::kNumeric,      PgType::kJson,      PgType::kJsonb,
                             PgType::kDate,   PgType::kVarcharArray, PgType::kInt4Array, PgType::kNumericArray};

class Maker {
 public:
  Maker(const std::uint8_t* data, std::size_t size) : data_(data, size) {}

  Everything Row() {
    Everything row;
    row.integer = data_.ConsumeIntegral<std::int64_t>();
    if (data_.ConsumeBool()) row.small = data_.ConsumeIntegral<std::int16_t>();
    row.real = data_.ConsumeFloatingPoint<double>();
    if (data_.ConsumeBool()) row.decimal = Number();
    row.time = data_.ConsumeBool() ? absl::FromUnixNanos(data_.ConsumeIntegral<std::int64_t>())
                                   : absl::FromUnixSeconds(data_.ConsumeIntegral<std::int64_t>());
    row.day =
        absl::CivilDay(data_.ConsumeIntegralInRange(-10'000'000, 10'000'000), 1, data_.ConsumeIntegral<std::int16_t>());
    for (auto left = data_.ConsumeIntegralInRange(0, 3); left > 0; --left) row.texts.push_back(MaybeText());
    for (auto left = data_.ConsumeIntegralInRange(0, 3); left > 0; --left) row.decimals.push_back(Number());
    row.integers.resize(data_.ConsumeIntegralInRange<std::size_t>(0, 3), 7);
    row.key = Text();
    row.object = MaybeText();
    row.json = data_.ConsumeRemainingBytesAsString();
    return row;
  }

  std::size_t Limit() { return data_.ConsumeIntegralInRange<std::size_t>(0, 4000); }

 private:
  std::string Text() { return data_.ConsumeRandomLengthString(); }
  std::optional<std::string> MaybeText() { return data_.ConsumeBool() ? std::optional(Text()) : std::nullopt; }

  Decimal Number() {
    const auto high = data_.ConsumeIntegral<std::int64_t>();
    const auto low = data_.ConsumeIntegral<std::uint64_t>();
    return Decimal::Of(absl::MakeInt128(high, low), data_.ConsumeIntegralInRange(0, 17'000)).value_or(Decimal::NaN());
  }

  FuzzedDataProvider data_;
};

void RoundTrip(const Everything& row, std::size_t limit) {
  static const auto codec = RowCodec<Everything>::For(kTypes).value();
  std::vector<char> scratch;
  std::string unchecked;
  const auto encoded = codec.EncodeChecked(row, limit, scratch);
  Check(scratch.size() <= limit);
  if (!encoded.ok()) return;
  codec.Encode(row, unchecked);
  Check(encoded->tuple == unchecked && unchecked.size() <= limit);
  const auto decoded = codec.Decode(unchecked);
  Check(decoded.ok());
  std::string again;
  codec.Encode(*decoded, again);
  Check(again == unchecked);
  Check(decoded->key == row.key && decoded->integer == row.integer && decoded->small == row.small);
  Check(decoded->decimal == row.decimal && decoded->json == row.json && decoded->object == row.object);
  Check(decoded->day == row.day && decoded->texts == row.texts && decoded->decimals == row.decimals);
  Check(decoded->time <= row.time && row.time - decoded->time < absl::Microseconds(1));
}

}  // namespace
}  // namespace bxb::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bxb::fuzz::Maker maker(data, size);
  const std::size_t limit = maker.Limit();
  bxb::fuzz::RoundTrip(maker.Row(), limit);
  return 0;
}
