#include "schema/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace bxb::schema {
namespace {

constexpr const char* kTableSql = R"(
  SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind,
         has_database_privilege(current_database(), 'TEMPORARY'), c.relpersistence = 'u',
         EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3'), row_security_active(c.oid),
         n.nspname, c.relname, pg_get_partkeydef(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1))";

// A domain over a domain ends at the type that no domain stands behind.
constexpr const char* kColumnsSql = R"(
  WITH RECURSIVE base AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype, t.typtypmod FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
  SELECT a.attname, CASE t.typtype WHEN 'e' THEN 25 ELSE t.oid END, format_type(a.atttypid, a.atttypmod),
         a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '',
         has_column_privilege(a.attrelid, a.attnum, 'INSERT'), has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
         b.modifier <> -1,
         (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.collname)
            FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace JOIN pg_type y ON y.oid = a.atttypid
           WHERE o.oid = a.attcollation AND a.attcollation <> y.typcollation),
         (SELECT min(s.oid::regclass::text)
            FROM pg_attrdef f JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
                                              AND d.refclassid = 'pg_class'::regclass
                 JOIN pg_class s ON s.oid = d.refobjid
           WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum
             AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') END)
    FROM pg_attribute a JOIN base b USING (attnum) JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
   WHERE a.attrelid = $1::oid ORDER BY a.attnum)";

constexpr const char* kUniqueIndexesSql = R"(
  SELECT i.relname, a.attname
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
         CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
         JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
   WHERE x.indrelid = $1::oid AND x.indisunique AND x.indisvalid AND x.indimmediate
     AND x.indpred IS NULL AND x.indexprs IS NULL AND k.position <= x.indnkeyatts
   ORDER BY i.relname, k.position)";

std::string Doubled(std::string_view text, char special) {
  std::string doubled;
  for (const char c : text) doubled.append(c == special ? 2 : 1, c);
  return doubled;
}

std::string Quote(std::string_view text, char mark) { return mark + Doubled(text, mark) + mark; }

bool IsTrue(const std::optional<std::string>& value) { return value == "t"; }

std::uint32_t ToOid(const std::optional<std::string>& value) {
  std::uint32_t oid = 0;
  std::from_chars(value->data(), value->data() + value->size(), oid);
  return oid;
}

TableColumn ColumnOfRow(const std::vector<std::optional<std::string>>& row) {
  return {.name = *row[0],
          .type = PgTypeFromOid(ToOid(row[1])),
          .type_name = *row[2],
          .collation = row[9].value_or(""),
          .not_null = IsTrue(row[3]),
          .has_default = IsTrue(row[4]),
          .generated = IsTrue(row[5]),
          .may_insert = IsTrue(row[6]),
          .may_select = IsTrue(row[7]),
          .has_modifier = IsTrue(row[8]),
          .denied_sequence = row[10].value_or("")};
}

std::vector<UniqueIndex> IndexesOfRows(const pq::Rows& rows) {
  std::vector<UniqueIndex> indexes;
  for (const auto& row : rows) {
    if (indexes.empty() || indexes.back().name != *row[0]) indexes.push_back({.name = *row[0], .columns = {}});
    indexes.back().columns.push_back(*row[1]);
  }
  return indexes;
}

}  // namespace

std::string QuoteIdentifier(std::string_view text) { return Quote(text, '"'); }

std::string QuoteLiteral(std::string_view text) {
  // Whatever standard_conforming_strings says.
  return text.find('\\') == std::string_view::npos ? Quote(text, '\'') : "E" + Quote(Doubled(text, '\\'), '\'');
}

std::string QuoteTableName(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return QuoteIdentifier(name);
  return QuoteIdentifier(name.substr(0, dot)) + "." + QuoteIdentifier(name.substr(dot + 1));
}

std::string NameBeside(const Table& table, std::string_view name) {
  return table.schema_name.empty() ? QuoteIdentifier(name)
                                   : QuoteIdentifier(table.schema_name) + "." + QuoteIdentifier(name);
}

const TableColumn* FindColumn(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &TableColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

bool HasUniqueIndexOn(const Table& table, std::vector<std::string> columns) {
  std::ranges::sort(columns);
  return std::ranges::any_of(table.unique_indexes, [&](const UniqueIndex& index) {
    std::vector<std::string> indexed = index.columns;
    std::ranges::sort(indexed);
    return indexed == columns;
  });
}

absl::StatusOr<Table> InspectTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline) {
  return InspectSqlTable(connection, QuoteTableName(name), deadline);
}

absl::StatusOr<Table> InspectSqlTable(pq::Connection& connection, const std::string& sql_name, pq::Deadline deadline) {
  auto found = connection.Query(kTableSql, {sql_name}, deadline);
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::NotFoundError(fmt::format("table {} does not exist", sql_name));
  const auto& row = found->front();
  if (row[2] != "r" && row[2] != "p") return absl::InvalidArgumentError(fmt::format("{} is not a table", sql_name));
  auto columns = connection.Query(kColumnsSql, {*row[0]}, deadline);
  if (!columns.ok()) return columns.status();
  auto indexes = connection.Query(kUniqueIndexesSql, {*row[0]}, deadline);
  if (!indexes.ok()) return indexes.status();

  Table table = {.sql_name = *row[1],
                 .schema_name = *row[7],
                 .name = *row[8],
                 .partitioned = row[2] == "p",
                 .columns = {},
                 .unique_indexes = IndexesOfRows(*indexes),
                 .unlogged = IsTrue(row[4]),
                 .has_rules = IsTrue(row[5]),
                 .row_security = IsTrue(row[6]),
                 .may_create_temp = IsTrue(row[3]),
                 .partition_key = row[9].value_or("")};
  for (const auto& column : *columns) table.columns.push_back(ColumnOfRow(column));
  return table;
}

}  // namespace bxb::schema
