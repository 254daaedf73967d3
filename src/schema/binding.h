#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "schema/table.h"

namespace bxb::schema {

/// A row description fitted to a table.
struct Binding {
  std::vector<PgType> types;              ///< of the described columns, in the shape's order
  std::vector<std::string> column_names;  ///< the same columns, quoted
  std::vector<std::string> plain_names;   ///< and as the catalog has them
  std::size_t key_columns = 0;            ///< how many of them, at the front, are the dedup key
};

/// Fits the shape to the table, or says everything that stands in the way in one message, column by
/// column: InvalidArgument, FailedPrecondition (no unique index on the key; rules; row security),
/// PermissionDenied.
absl::StatusOr<Binding> Bind(const internal::RowShape& shape, const Table& table);

}  // namespace bxb::schema
