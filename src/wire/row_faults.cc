#include "bxb/internal/row_faults.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/got.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "bxb/row.h"
#include "wire/refusal.h"

namespace bxb::internal {
namespace {

constexpr std::string_view kLimitExceeded = "54000";

std::string KeyColumns(const RowShape& shape) {
  std::string names;
  for (const ColumnShape& column : shape.columns) {
    if ((column.roles & kKey) != 0) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
  }
  return names;
}

}  // namespace

absl::Status CheckColumnTypes(const RowShape& shape, std::span<const PgType> types) {
  if (types.size() != shape.columns.size()) {
    return absl::InvalidArgumentError(
        fmt::format("the row has {} columns, but {} types were given", shape.columns.size(), types.size()));
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    const ColumnShape& column = shape.columns[i];
    if (column.accepts(types[i])) continue;
    return absl::InvalidArgumentError(
        fmt::format("column \"{}\": {} has no exact encoding as {}", column.name, column.cpp_type, Name(types[i])));
  }
  return absl::OkStatus();
}

absl::Status RowTooLong(std::size_t bytes, std::size_t max_bytes) {
  return wire::Refusal(
      fmt::format("the row takes {} bytes, more than WriterOptions::batch_bytes ({})", bytes, max_bytes),
      kLimitExceeded);
}

absl::Status KeyTooLong(const RowShape& shape, std::size_t key_bytes) {
  return wire::Refusal(fmt::format("the dedup key ({}) takes {} bytes, more than the {} that surely fit an index entry",
                                   KeyColumns(shape), key_bytes, kMaxKeyBytes),
                       kLimitExceeded);
}

absl::Status TakeFieldCount(std::string_view& tuple, std::size_t expected) {
  if (tuple.size() < sizeof(std::int16_t)) return absl::DataLossError("the tuple ends before its field count");
  const auto count = GetBig<std::int16_t>(tuple.data());
  if (count < 0 || static_cast<std::size_t>(count) != expected) {
    return absl::DataLossError(fmt::format("the tuple has {} fields, not {}", count, expected));
  }
  tuple.remove_prefix(sizeof(count));
  return absl::OkStatus();
}

absl::Status DecodeFault(Got got, const ColumnShape& column, PgType type) {
  const std::string place = fmt::format("column \"{}\": ", column.name);
  switch (got) {
    case Got::kNull:
      return absl::OutOfRangeError(fmt::format("{}NULL cannot be read into {}", place, column.cpp_type));
    case Got::kUnfit:
      return absl::OutOfRangeError(
          fmt::format("{}{} cannot hold this value of {} exactly", place, column.cpp_type, Name(type)));
    default:
      return absl::DataLossError(fmt::format("{}the bytes are not those of {}", place, Name(type)));
  }
}

absl::Status TrailingBytes(std::size_t bytes) {
  return absl::DataLossError(fmt::format("{} bytes follow the tuple's last field", bytes));
}

}  // namespace bxb::internal
