#include "schema/binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "bxb/row.h"

namespace bxb::schema {
namespace {

using internal::ColumnShape;
using internal::RowShape;

const TableColumn* Find(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &TableColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

bool IsKey(const ColumnShape& column) { return (column.roles & kKey) != 0; }

// A merge finds its rows again by the key bytes that the server returns, so a key column's value must come
// back exactly as it was sent: no rounding to a precision, no second spelling of the same value.
bool ComesBackUnchanged(const TableColumn& column) {
  switch (column.type) {
    case PgType::kBool:
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8:
    case PgType::kText:
    case PgType::kVarchar:
    case PgType::kBytea:
    case PgType::kUuid:
    case PgType::kDate:
      return true;
    case PgType::kTimestamp:
    case PgType::kTimestamptz:
      return !column.has_modifier;
    default:
      return false;
  }
}

std::string ProblemWith(const ColumnShape& described, const TableColumn* column) {
  if (column == nullptr) return fmt::format("column \"{}\" does not exist", described.name);
  if (column->generated) return fmt::format("column \"{}\" is generated and cannot be written", described.name);
  if (!described.accepts(column->type)) {
    return fmt::format("column \"{}\" is {}, which cannot hold {} exactly", described.name, column->type_name,
                       described.cpp_type);
  }
  if (IsKey(described) && !ComesBackUnchanged(*column)) {
    return fmt::format("column \"{}\" is {}, which cannot be part of a dedup key", described.name, column->type_name);
  }
  return "";
}

absl::Status CheckColumns(const RowShape& shape, const Table& table) {
  std::vector<std::string> problems;
  for (const ColumnShape& described : shape.columns) {
    std::string problem = ProblemWith(described, Find(table, described.name));
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  for (const TableColumn& column : table.columns) {
    const bool described = std::ranges::find(shape.columns, column.name, &ColumnShape::name) != shape.columns.end();
    if (!described && column.not_null && !column.has_default) {
      problems.push_back(fmt::format("column \"{}\" is NOT NULL, has no default and is not in the row", column.name));
    }
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("table {}: {}", table.sql_name, fmt::join(problems, "; ")));
}

absl::Status CheckPrivileges(const RowShape& shape, const Table& table, bool merges) {
  for (const ColumnShape& described : shape.columns) {
    const TableColumn& column = *Find(table, described.name);
    if (!column.may_insert) {
      return absl::PermissionDeniedError(
          fmt::format("table {}: no INSERT privilege on column \"{}\"", table.sql_name, described.name));
    }
    if (IsKey(described) && !column.may_select) {
      return absl::PermissionDeniedError(fmt::format(
          "table {}: telling duplicates needs the SELECT privilege on column \"{}\"", table.sql_name, described.name));
    }
  }
  if (merges && !table.may_create_temp) {
    return absl::PermissionDeniedError("merging duplicates needs the TEMPORARY privilege on the database");
  }
  return absl::OkStatus();
}

bool HasUniqueIndexOnExactly(std::vector<std::string> columns, const Table& table) {
  std::ranges::sort(columns);
  return std::ranges::any_of(table.unique_indexes, [&](const UniqueIndex& index) {
    std::vector<std::string> indexed = index.columns;
    std::ranges::sort(indexed);
    return indexed == columns;
  });
}

}  // namespace

absl::StatusOr<Binding> Bind(const RowShape& shape, const Table& table) {
  if (table.has_rules) {
    return absl::FailedPreconditionError(fmt::format("table {} has rules, which COPY would pass by", table.sql_name));
  }
  if (table.row_security) {
    return absl::FailedPreconditionError(
        fmt::format("table {} has row security policies for this role, under which COPY is refused", table.sql_name));
  }
  if (absl::Status status = CheckColumns(shape, table); !status.ok()) return status;
  Binding binding;
  std::vector<std::string> key;
  for (const ColumnShape& described : shape.columns) {
    binding.types.push_back(Find(table, described.name)->type);
    binding.column_names.push_back(QuoteIdentifier(described.name));
    binding.plain_names.emplace_back(described.name);
    if (IsKey(described)) key.emplace_back(described.name);
  }
  binding.key_columns = key.size();
  if (absl::Status status = CheckPrivileges(shape, table, !key.empty()); !status.ok()) return status;
  if (key.empty() || HasUniqueIndexOnExactly(key, table)) return binding;
  return absl::FailedPreconditionError(fmt::format("table {}: there is no unique index on exactly ({}), the dedup key",
                                                   table.sql_name, fmt::join(key, ", ")));
}

}  // namespace bxb::schema
