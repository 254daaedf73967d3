#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bxb/pg_type.h"
#include "bxb/row_codec.h"

namespace bxb::testing {

/// A row with one value of any member type, numbered so that it can be found again.
template <class T>
struct Cell {
  std::int32_t id = 0;
  T value{};
};

}  // namespace bxb::testing

template <class T>
struct bxb::RowOf<bxb::testing::Cell<T>> {
  static constexpr auto columns =
      Columns(Column("id", &bxb::testing::Cell<T>::id, kKey), Column("value", &bxb::testing::Cell<T>::value));
};

namespace bxb::testing {

template <class T>
RowCodec<Cell<T>> CellCodec(PgType type) {
  const PgType types[] = {PgType::kInt4, type};
  return RowCodec<Cell<T>>::For(types).value();
}

/// The tuples of values numbered from 0.
template <class T>
std::vector<std::string> EncodeCells(const std::vector<T>& values, PgType type) {
  const auto codec = CellCodec<T>(type);
  std::vector<std::string> tuples;
  for (const auto& value : values) {
    codec.Encode({.id = static_cast<std::int32_t>(tuples.size()), .value = value}, tuples.emplace_back());
  }
  return tuples;
}

/// The bytes of a value alone, without its length.
template <class T>
std::string EncodeValue(const T& value, PgType type) {
  constexpr std::size_t kBefore = 2 + 4 + 4 + 4;  // field count, id, length
  return EncodeCells<T>({value}, type)[0].substr(kBefore);
}

}  // namespace bxb::testing
