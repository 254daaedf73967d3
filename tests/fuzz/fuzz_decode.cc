// Any bytes as a tuple, of every column type, and as a whole COPY stream: nothing crashes, and what is taken is
// the same after another trip.
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

template <class... T>
void DecodeEach(std::string_view tuple) {
  for (std::uint32_t oid = 1; oid < 4000; ++oid) {
    const PgType type = PgTypeFromOid(oid);
    const auto decode = [&]<class Member>(std::type_identity<Member>) {
      if (RowCodec<testing::Cell<Member>>::Shape().columns[1].accepts(type)) DecodeAs<Member>(tuple, type);
    };
    if (type != PgType::kUnsupported) (decode(std::type_identity<T>()), ...);
  }
}

template <class... T>
void DecodeAll(std::string_view tuple) {
  DecodeEach<T..., std::optional<T>..., std::vector<T>..., std::vector<std::optional<T>>...>(tuple);
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

}  // namespace
}  // namespace bxb::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  bxb::fuzz::ReadStream(bytes, 1 + data[0] % 32);
  // A good frame, so that the fuzzer reaches the values behind it.
  std::string tuple("\0\2\0\0\0\4\0\0\0\0", 10);
  for (int shift = 24; shift >= 0; shift -= 8) tuple += static_cast<char>(bytes.size() >> shift & 255);
  tuple += bytes;
  for (const std::string_view candidate : {bytes, std::string_view(tuple)}) {
    bxb::fuzz::DecodeAll<bool, std::int16_t, std::int32_t, std::int64_t, float, double, bxb::Decimal, std::string_view,
                         std::string, bxb::Bytes, bxb::Uuid, absl::Time, absl::CivilDay>(candidate);
  }
  return 0;
}
