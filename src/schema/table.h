#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "pq/connection.h"

namespace bxb::schema {

/// One column as the catalog has it. A domain's `type` is its base type, an enum's is kText.
struct TableColumn {
  std::string name;
  PgType type = PgType::kUnsupported;
  std::string type_name;       ///< as SQL spells it, "numeric(10,2)"
  std::string collation = {};  ///< quoted, where it is not that of the type
  bool not_null = false;
  bool has_default = false;  ///< a default, an identity or a generated column
  bool generated = false;    ///< GENERATED ALWAYS AS (…) STORED: may not be written
  bool may_insert = false;
  bool may_select = false;
  bool has_modifier = false;         ///< a length, precision or scale is declared
  std::string denied_sequence = {};  ///< which the default draws from and this role may not use; as SQL spells it
};

/// A unique index that a plain ON CONFLICT (columns) can use: valid, immediate, on columns only, not partial.
struct UniqueIndex {
  std::string name;
  std::vector<std::string> columns;
};

struct Table {
  std::string sql_name;     ///< quoted and with its schema, ready for SQL
  std::string schema_name;  ///< of its schema, plain
  std::string name;         ///< plain: as messages of the server name it
  bool partitioned = false;
  std::vector<TableColumn> columns;
  std::vector<UniqueIndex> unique_indexes;
  bool unlogged = false;           ///< a crash of the server empties it
  bool has_rules = false;          ///< rules ON INSERT, which COPY passes by
  bool row_security = false;       ///< policies that apply to this role, which COPY refuses to work under
  bool may_create_temp = false;    ///< the role may create temporary tables, which a merge needs
  std::string partition_key = {};  ///< "RANGE (\"timestamp\")"; empty where it is not partitioned
};

/// `text` as an SQL identifier, quoted.
std::string QuoteIdentifier(std::string_view text);

/// `text` as an SQL string, quoted.
std::string QuoteLiteral(std::string_view text);

/// "name" or "schema.name", each part quoted.
std::string QuoteTableName(std::string_view name);

/// The quoted name of what stands beside the table, in its schema.
std::string NameBeside(const Table& table, std::string_view name);

/// Reads a table's columns and unique indexes. NotFound where there is none of that name.
absl::StatusOr<Table> InspectTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline);

/// The same for a name that is quoted already.
absl::StatusOr<Table> InspectSqlTable(pq::Connection& connection, const std::string& sql_name, pq::Deadline deadline);

/// Null where it has none of that name.
const TableColumn* FindColumn(const Table& table, std::string_view name);

/// Whether there is a unique index on exactly these columns, in any order.
bool HasUniqueIndexOn(const Table& table, std::vector<std::string> columns);

}  // namespace bxb::schema
