// Any bytes as a tuple, of any column type, and as a whole COPY stream: nothing crashes, and what is taken is
// the same after another trip.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/internal/copy_reader.h"
#include "bxb/pg_type.h"
#include "bxb/row_codec.h"
#include "bxb/uuid.h"
#include "fuzz/check.h"
#include "wire/cell.h"

namespace bxb::fuzz {
namespace {

template <class T>
void DecodeAs(std::string_view tuple, PgType type) {
  const auto codec = testing::CellCodec<T>(type);
  const auto cell = codec.Decode(tuple);
  if (!cell.ok()) return;
  std::string again;
  codec.Encode(*cell, again);
  const auto same = codec.Decode(again);
  Check(same.ok());
  std::string third;
  codec.Encode(*same, third);
  Check(again == third);
}

struct Decoder {
  void (*decode)(std::string_view tuple, PgType type);
  PgType type;
};

template <class T>
void AddDecoders(std::vector<Decoder>& decoders) {
  for (std::uint32_t oid = 1; oid < 4000; ++oid) {
    const PgType type = PgTypeFromOid(oid);
    if (RowCodec<testing::Cell<T>>::Shape().columns[1].accepts(type)) decoders.push_back({&DecodeAs<T>, type});
  }
}

template <class... T>
std::vector<Decoder> DecodersOf() {
  std::vector<Decoder> decoders;
  (AddDecoders<T>(decoders), ...);
  (AddDecoders<std::optional<T>>(decoders), ...);
  (AddDecoders<std::vector<T>>(decoders), ...);
  (AddDecoders<std::vector<std::optional<T>>>(decoders), ...);
  return decoders;
}

const Decoder& Choose(std::uint8_t choice) {
  static const std::vector<Decoder> decoders =
      DecodersOf<bool, std::int16_t, std::int32_t, std::int64_t, float, double, Decimal, std::string_view, std::string,
                 Bytes, Uuid, absl::Time, absl::CivilDay>();
  return decoders[choice % decoders.size()];
}

void ReadStream(std::string_view stream, std::size_t chunk) {
  internal::CopyReader reader(2);
  for (; !stream.empty(); stream.remove_prefix(std::min(chunk, stream.size()))) {
    reader.Feed(stream.substr(0, chunk));
    for (auto tuple = reader.Next(); tuple.ok() && *tuple; tuple = reader.Next())
      DecodeAs<std::string_view>(**tuple, PgType::kText);
  }
  Check(reader.Finish().ok() == (reader.done() && reader.Next().ok()));
}

// The value in a good frame, so that the fuzzer gets at what lies behind it.
std::string Framed(std::string_view value) {
  std::string tuple("\0\2\0\0\0\4\0\0\0\0", 10);
  for (int shift = 24; shift >= 0; shift -= 8) tuple += static_cast<char>(value.size() >> shift & 255);
  return tuple.append(value);
}

}  // namespace
}  // namespace bxb::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto [decode, type] = bxb::fuzz::Choose(data[0]);
  decode(bytes, type);
  decode(bxb::fuzz::Framed(bytes), type);
  bxb::fuzz::ReadStream(bytes, 1 + data[0] % 32);
  return 0;
}
