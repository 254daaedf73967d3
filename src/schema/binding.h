#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "bxb/schema.h"
#include "schema/table.h"

namespace bxb::schema {

/// A row description fitted to a table.
struct Binding {
  std::vector<PgType> types;              ///< of the described columns, in the shape's order
  std::vector<std::string> column_names;  ///< the same columns, quoted
  std::vector<std::string> plain_names;   ///< and as the catalog has them
  std::size_t key_columns = 0;            ///< how many of them, at the front, are the dedup key

  std::optional<DedupScope> scope;  ///< the strongest that the table offers; kNone for a row without a key
  std::optional<Table> key_table;   ///< where kGlobal comes from it
};

/// One reason why a row type cannot be written to a table.
struct Misfit {
  enum class Kind : std::uint8_t { kColumn, kPrivilege, kTable };

  Kind kind = Kind::kTable;
  std::string column;   ///< plain; empty: the table as a whole
  std::string problem;  ///< what follows the column's name, or a sentence of its own
};

/// What there is of a binding, and everything that stands in its way.
struct Fit {
  Binding binding;
  std::vector<Misfit> misfits;
};

/// `key_table` as FindKeyTable has it for KeyColumnsOf(shape); null where there is none that can be used.
Fit FitTo(const internal::RowShape& shape, const Table& table, const Table* key_table);

/// The binding, or all misfits in one message: InvalidArgument where columns are among them, PermissionDenied where
/// privileges are the only trouble, otherwise FailedPrecondition.
absl::StatusOr<Binding> Bind(const internal::RowShape& shape, const Table& table, const Table* key_table);

/// `columns "a", "b" cannot be written: …`, one for each problem.
std::vector<std::string> Sentences(const std::vector<Misfit>& misfits);

std::vector<std::string> KeyColumnsOf(const internal::RowShape& shape);         ///< plain
std::optional<std::string> TimeColumnOf(const internal::RowShape& shape);       ///< plain
std::vector<std::string> KeyAndTimeColumnsOf(const internal::RowShape& shape);  ///< plain, each once

}  // namespace bxb::schema
