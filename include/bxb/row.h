#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>

namespace bxb {

/// A view of raw bytes, for `bytea`.
using Bytes = std::span<const std::byte>;

/// Roles of a column, combined with `|`.
inline constexpr unsigned kKey = 1;  ///< part of the dedup key: the table has a unique index on exactly the key columns
inline constexpr unsigned kTime = 2;    ///< the event's time (an absl::Time); at most one column
inline constexpr unsigned kObject = 4;  ///< JSON text that must be an object, not just any JSON value

/// One column: its name in the table (as the catalog spells it, without quotes), the member that holds
/// its value, and its roles.
template <class Row, class T>
struct ColumnOf {
  std::string_view name;
  T Row::* member;
  unsigned roles;
};

template <class Row, class T>
constexpr ColumnOf<Row, T> Column(std::string_view name, T Row::* member, unsigned roles = 0) {
  return {name, member, roles};
}

template <class... Column>
constexpr std::tuple<Column...> Columns(Column... columns) {
  return {columns...};
}

/// Describes a row type once, at compile time. Specialise it for your struct:
///
///     struct Reading { int64_t sensor; absl::Time at; double celsius; std::optional<std::string_view> note; };
///
///     template <> struct bxb::RowOf<Reading> {
///       static constexpr std::string_view table = "readings";   // optional: WriterOptions::table wins
///       static constexpr auto columns = bxb::Columns(
///           bxb::Column("sensor_id", &Reading::sensor, bxb::kKey),
///           bxb::Column("at", &Reading::at, bxb::kKey | bxb::kTime),
///           bxb::Column("celsius", &Reading::celsius), bxb::Column("note", &Reading::note));
///     };
///
/// Member types and the column types each one is written to exactly:
///
/// | C++ member                         | PostgreSQL column                                        |
/// |------------------------------------|----------------------------------------------------------|
/// | bool                               | boolean                                                  |
/// | int16_t                            | smallint, integer, bigint, real, double precision, numeric |
/// | int32_t                            | integer, bigint, double precision, numeric               |
/// | int64_t                            | bigint, numeric                                          |
/// | float                              | real, double precision                                   |
/// | double                             | double precision                                         |
/// | Decimal                            | numeric                                                  |
/// | std::string_view, std::string      | text, varchar, an enum, json, jsonb                      |
/// | Bytes (view), std::vector<std::byte> | bytea                                                  |
/// | Uuid                               | uuid                                                     |
/// | absl::Time                         | timestamp with time zone; timestamp (as UTC)             |
/// | absl::CivilDay                     | date                                                     |
/// | std::optional<T>                   | the same as T, nullable                                  |
/// | std::vector<T>, std::span<const T> | a one-dimensional array of the above (json, jsonb and enums excepted) |
///
/// Any other pair is an error at Open that names the column and both types: nothing is rounded or cut short
/// on its way. What the column itself declares the server applies as it does for an INSERT: numeric(p,s) and
/// timestamp(p) round, varchar(n) refuses. Times are cut to microseconds, PostgreSQL's resolution. View types
/// (string_view, Bytes, span) are read before the call returns, so they may point at a stack buffer.
///
/// A column of the table that the row does not describe gets its default. A key column cannot be
/// std::optional: unique indexes do not compare NULLs.
template <class Row>
struct RowOf;

/// Satisfied by a type that has a RowOf description.
template <class Row>
concept DescribedRow = requires { RowOf<Row>::columns; };

}  // namespace bxb
