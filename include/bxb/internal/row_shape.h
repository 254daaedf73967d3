#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bxb/pg_type.h"

namespace bxb::internal {

/// One column of a row description with its C++ type erased.
struct ColumnShape {
  std::string_view name;
  std::string_view cpp_type;  ///< as messages name it: "int64_t", "std::optional<Decimal>"
  unsigned roles;             ///< kKey | kTime | kObject
  bool nullable;
  bool (*accepts)(PgType);  ///< whether the member has an exact encoding for this type
};

/// A row description with its C++ type erased: what the engine and the schema check know of it. The
/// columns stand in the order of the encoded tuple: the key columns, the time (the last key column, or behind them),
/// then the others as described.
struct RowShape {
  std::string_view table;  ///< RowOf<Row>::table, or empty
  std::span<const ColumnShape> columns;
  bool is_event;  ///< the row is bxb::Event
};

/// One tuple in COPY BINARY form. The dedup key is the encoded key columns, lengths included: the
/// `key_bytes` bytes after the two-byte field count. Zero where the row has no key. The time's value is the eight
/// bytes before `time_end`; zero where the row has no time.
struct EncodedRow {
  std::string_view tuple;
  std::uint32_t key_bytes;
  std::uint32_t time_end = 0;
};

}  // namespace bxb::internal
