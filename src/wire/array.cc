#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bxb/internal/array_codec.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/got.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

char* PutArrayHeader(char* out, std::size_t count, bool has_null, PgType element_type) {
  out = PutBig<std::int32_t>(out, count == 0 ? 0 : 1);
  out = PutBig<std::int32_t>(out, has_null ? 1 : 0);
  out = PutBig(out, static_cast<std::uint32_t>(element_type));
  if (count == 0) return out;
  out = PutBig(out, static_cast<std::int32_t>(count));
  return PutBig<std::int32_t>(out, 1);
}

Got TakeArrayHeader(std::string_view& in, PgType element_type, std::size_t& count) {
  count = 0;
  if (in.size() < kEmptyArrayBytes) return Got::kMalformed;
  const auto dimensions = GetBig<std::int32_t>(in.data());
  if (GetBig<std::uint32_t>(in.data() + 8) != static_cast<std::uint32_t>(element_type)) return Got::kMalformed;
  if (dimensions == 0) {
    in.remove_prefix(kEmptyArrayBytes);
    return Got::kValue;
  }
  if (dimensions != 1) return dimensions > 1 ? Got::kUnfit : Got::kMalformed;
  if (in.size() < kArrayHeaderBytes) return Got::kMalformed;
  const auto length = GetBig<std::uint32_t>(in.data() + 12);
  in.remove_prefix(kArrayHeaderBytes);
  // Every element takes four bytes at least: a length beyond that must not allocate.
  if (length > in.size() / 4) return Got::kMalformed;
  count = length;
  return Got::kValue;
}

}  // namespace bxb::internal
