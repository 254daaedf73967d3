#include "schema/binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "bxb/row.h"
#include "schema/key_table.h"

namespace bxb::schema {
namespace {

using internal::ColumnShape;
using internal::RowShape;
using Kind = Misfit::Kind;

const ColumnShape* Find(const RowShape& shape, std::string_view name) {
  const auto found = std::ranges::find(shape.columns, name, &ColumnShape::name);
  return found == shape.columns.end() ? nullptr : &*found;
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
  if (column == nullptr) return "does not exist";
  if (column->generated) return "is generated and cannot be written";
  if (!described.accepts(column->type)) {
    return fmt::format("is {}, which cannot hold {} exactly", column->type_name, described.cpp_type);
  }
  if (IsKey(described) && !ComesBackUnchanged(*column)) {
    return fmt::format("is {}, which cannot be part of a dedup key", column->type_name);
  }
  return "";
}

void CheckColumns(const RowShape& shape, const Table& table, std::vector<Misfit>& misfits) {
  for (const ColumnShape& described : shape.columns) {
    std::string problem = ProblemWith(described, FindColumn(table, described.name));
    if (!problem.empty()) misfits.push_back({Kind::kColumn, std::string(described.name), std::move(problem)});
  }
  for (const TableColumn& column : table.columns) {
    if (Find(shape, column.name) == nullptr && column.not_null && !column.has_default) {
      misfits.push_back({Kind::kColumn, column.name, "is NOT NULL, has no default and is not in the row"});
    }
  }
}

void CheckColumnPrivileges(const RowShape& shape, const Table& table, const std::vector<std::string>& merged_by,
                           std::vector<Misfit>& misfits) {
  for (const TableColumn& column : table.columns) {
    if (Find(shape, column.name) != nullptr && !column.may_insert) {
      misfits.push_back({Kind::kPrivilege, column.name, "cannot be written: no INSERT privilege"});
    }
  }
  for (const TableColumn& column : table.columns) {
    if (std::ranges::find(merged_by, column.name) != merged_by.end() && !column.may_select) {
      misfits.push_back({Kind::kPrivilege, column.name, "cannot be read back to tell duplicates: no SELECT privilege"});
    }
  }
  for (const TableColumn& column : table.columns) {
    if (Find(shape, column.name) == nullptr && !column.denied_sequence.empty()) {
      misfits.push_back(
          {Kind::kPrivilege, column.name,
           fmt::format("cannot get its default: no USAGE privilege on sequence {}", column.denied_sequence)});
    }
  }
}

void CheckTable(const Table& table, std::vector<Misfit>& misfits) {
  if (table.has_rules) misfits.push_back({Kind::kTable, "", "it has rules, which COPY would pass by"});
  if (table.row_security) {
    misfits.push_back({Kind::kTable, "", "it has row security policies for this role, under which COPY is refused"});
  }
}

bool OffersPerTimestamp(const RowShape& shape, const Table& table) {
  const std::optional<std::string> time = TimeColumnOf(shape);
  const TableColumn* column = time.has_value() ? FindColumn(table, *time) : nullptr;
  return column != nullptr && ComesBackUnchanged(*column) && HasUniqueIndexOn(table, KeyAndTimeColumnsOf(shape));
}

void FindScope(const RowShape& shape, const Table& table, const Table* key_table, Binding& binding) {
  const std::vector<std::string> key = KeyColumnsOf(shape);
  if (key.empty()) {
    binding.scope = DedupScope::kNone;
  } else if (HasUniqueIndexOn(table, key)) {
    binding.scope = DedupScope::kGlobal;
  } else if (key_table != nullptr) {
    binding.scope = DedupScope::kGlobal;
    binding.key_table = *key_table;
  } else if (OffersPerTimestamp(shape, table)) {
    binding.scope = DedupScope::kPerTimestamp;
  }
}

std::string NoScope(const RowShape& shape, const Table& table) {
  const std::vector<std::string> key = KeyColumnsOf(shape);
  const std::vector<std::string> with_time = KeyAndTimeColumnsOf(shape);
  const std::string per_timestamp =
      with_time.size() == key.size() ? "" : fmt::format(", nor one on ({})", fmt::join(with_time, ", "));
  const std::string key_table = table.partitioned ? fmt::format(", nor a key table {}", KeyTableName(table)) : "";
  return fmt::format("it has no unique index on exactly ({}), the dedup key{}{}", fmt::join(key, ", "), per_timestamp,
                     key_table);
}

absl::StatusCode CodeOf(const std::vector<Misfit>& misfits) {
  const auto is = [](Kind kind) { return [kind](const Misfit& misfit) { return misfit.kind == kind; }; };
  if (std::ranges::any_of(misfits, is(Kind::kColumn))) return absl::StatusCode::kInvalidArgument;
  if (std::ranges::all_of(misfits, is(Kind::kPrivilege))) return absl::StatusCode::kPermissionDenied;
  return absl::StatusCode::kFailedPrecondition;
}

}  // namespace

std::vector<std::string> KeyColumnsOf(const RowShape& shape) {
  std::vector<std::string> names;
  for (const ColumnShape& column : shape.columns) {
    if (IsKey(column)) names.emplace_back(column.name);
  }
  return names;
}

std::optional<std::string> TimeColumnOf(const RowShape& shape) {
  const auto is_time = [](const ColumnShape& column) { return (column.roles & kTime) != 0; };
  const auto found = std::ranges::find_if(shape.columns, is_time);
  return found == shape.columns.end() ? std::nullopt : std::optional<std::string>(found->name);
}

std::vector<std::string> KeyAndTimeColumnsOf(const RowShape& shape) {
  std::vector<std::string> names = KeyColumnsOf(shape);
  const std::optional<std::string> time = TimeColumnOf(shape);
  if (time.has_value() && std::ranges::find(names, *time) == names.end()) names.push_back(*time);
  return names;
}

Fit FitTo(const RowShape& shape, const Table& table, const Table* key_table) {
  Fit fit;
  for (const ColumnShape& described : shape.columns) {
    const TableColumn* column = FindColumn(table, described.name);
    fit.binding.types.push_back(column == nullptr ? PgType::kUnsupported : column->type);
    fit.binding.column_names.push_back(QuoteIdentifier(described.name));
    fit.binding.plain_names.emplace_back(described.name);
  }
  const std::vector<std::string> key = KeyColumnsOf(shape);
  fit.binding.key_columns = key.size();
  FindScope(shape, table, key_table, fit.binding);

  const bool by_time = fit.binding.scope == DedupScope::kPerTimestamp;
  CheckColumns(shape, table, fit.misfits);
  CheckTable(table, fit.misfits);
  CheckColumnPrivileges(shape, table, by_time ? KeyAndTimeColumnsOf(shape) : key, fit.misfits);
  if (!key.empty() && !table.may_create_temp) {
    fit.misfits.push_back({Kind::kPrivilege, "", "merging duplicates needs the TEMPORARY privilege on the database"});
  }
  if (!fit.binding.scope.has_value()) fit.misfits.push_back({Kind::kTable, "", NoScope(shape, table)});
  return fit;
}

std::vector<std::string> Sentences(const std::vector<Misfit>& misfits) {
  std::vector<std::string> sentences;
  for (auto first = misfits.begin(); first != misfits.end();) {
    const auto next = std::find_if(first + 1, misfits.end(), [&](const Misfit& other) {
      return other.kind != Kind::kPrivilege || other.problem != first->problem;
    });
    std::vector<std::string> columns;
    for (auto misfit = first; misfit != next; ++misfit) {
      if (!misfit->column.empty()) columns.push_back(QuoteIdentifier(misfit->column));
    }
    const std::string_view noun = columns.empty() ? "" : columns.size() == 1 ? "column " : "columns ";
    sentences.push_back(
        fmt::format("{}{}{}{}", noun, fmt::join(columns, ", "), columns.empty() ? "" : " ", first->problem));
    first = next;
  }
  return sentences;
}

absl::StatusOr<Binding> Bind(const RowShape& shape, const Table& table, const Table* key_table) {
  Fit fit = FitTo(shape, table, key_table);
  if (fit.misfits.empty()) return std::move(fit.binding);
  return absl::Status(CodeOf(fit.misfits),
                      fmt::format("table {}: {}", table.sql_name, fmt::join(Sentences(fit.misfits), "; ")));
}

}  // namespace bxb::schema
