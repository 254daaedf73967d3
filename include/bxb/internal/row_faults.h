#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/internal/got.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

/// The longest dedup key, encoded; see RowCodec::kMaxKeyBytes.
inline constexpr std::size_t kMaxKeyBytes = 2600;

/// What a RowCodec says when something is wrong: the parts of it that do not know the row type.

absl::Status CheckColumnTypes(const RowShape& shape, std::span<const PgType> types);
absl::Status RowTooLong(std::size_t bytes, std::size_t max_bytes);
absl::Status KeyTooLong(const RowShape& shape, std::size_t key_bytes);

absl::Status TakeFieldCount(std::string_view& tuple, std::size_t expected);
absl::Status DecodeFault(Got got, const ColumnShape& column, PgType type);
absl::Status TrailingBytes(std::size_t bytes);

}  // namespace bxb::internal
