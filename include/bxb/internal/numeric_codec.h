#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bxb/decimal.h"
#include "bxb/internal/got.h"

namespace bxb::internal {

/// PostgreSQL's binary `numeric`: digit count, weight, sign and display scale (two bytes each), then
/// digits in base 10,000 (src/backend/utils/adt/numeric.c, numeric_send).

/// 38 decimal digits touch at most eleven base-10,000 digits.
inline constexpr std::size_t kMaxNumericBytes = 8 + 2 * 11;

/// Writes the value without its length; returns the position after it.
char* PutNumeric(char* out, const Decimal& value);
char* PutNumeric(char* out, std::int64_t value);

/// Unfit for more than 38 digits, and for a fraction or too many digits where an integer is wanted.
Got GetNumeric(std::string_view in, Decimal& out);
Got GetNumeric(std::string_view in, std::int64_t& out);

}  // namespace bxb::internal
