#pragma once

#include <cstdint>
#include <string_view>

#include "bxb/row.h"

namespace bxb {

/// A row without a key: only the ledger can tell whether its batch was committed.
struct Tick {
  std::int32_t producer;
  std::int64_t number;
};

template <>
struct RowOf<Tick> {
  static constexpr std::string_view table = "ticks";
  static constexpr auto columns = Columns(Column("producer", &Tick::producer), Column("number", &Tick::number));
};

namespace chaos {

inline constexpr char kCreateTicks[] = "CREATE TABLE ticks (producer int, number bigint)";

}  // namespace chaos
}  // namespace bxb
