#include "schema/partition_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace bxb::schema {
namespace {

// An operator class of somebody's own may order times as it likes.
constexpr const char* kPartitioningSql = R"(
  SELECT a.attname, a.atttypid = 'timestamptz'::regtype
    FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         JOIN pg_opclass o ON o.oid = p.partclass[0] AND o.opcdefault
   WHERE p.partrelid = to_regclass($1) AND p.partstrat = 'r' AND p.partnatts = 1
     AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype) AND $2::text IN ('', a.attname::text))";

// FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00:00+00'), or DEFAULT, which has no bounds. It is taken apart without
// a regular expression, and the flags of pg_class are looked at first: there may be thousands of leaves.
constexpr const char* kPartitionsSql = R"(
  WITH root AS MATERIALIZED (
    SELECT to_regclass({root})::oid AS oid),
  statement_trigger AS MATERIALIZED (
    SELECT t.tgrelid FROM pg_trigger t WHERE t.tgtype & 5 = 4 AND NOT t.tgisinternal AND t.tgenabled <> 'D'),
  written AS MATERIALIZED (
    SELECT unnest({columns}) AS name),
  closed AS MATERIALIZED (
    SELECT row_security_active(root.oid) OR root.oid IN (SELECT tgrelid FROM statement_trigger)
           OR EXISTS (SELECT FROM written w WHERE NOT has_column_privilege(root.oid, w.name, 'INSERT')) AS root
      FROM root),
  unwritten AS MATERIALIZED (
    SELECT a.attname, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid) AS expression
      FROM root JOIN pg_attribute a ON a.attrelid = root.oid AND a.attnum > 0 AND NOT a.attisdropped
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attname::text NOT IN (SELECT name FROM written))
  SELECT quote_ident(n.nspname) || '.' || quote_ident(l.relname), l.relname, {from}, {to},
         l.relkind = 'r' AND NOT closed.root AND NOT row_security_active(l.oid)
         AND NOT (l.relhasrules AND EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = l.oid AND r.ev_type = '3'))
         AND NOT (l.relhastriggers AND l.oid IN (SELECT tgrelid FROM statement_trigger))
         AND has_schema_privilege(n.oid, 'USAGE')
         AND (has_table_privilege(l.oid, 'INSERT')
              OR NOT EXISTS (SELECT FROM written w WHERE NOT has_column_privilege(l.oid, w.name, 'INSERT')))
         AND NOT EXISTS (
           SELECT FROM unwritten u JOIN pg_attribute a ON a.attrelid = l.oid AND a.attname = u.attname
                  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attidentity <> u.attidentity OR a.attgenerated <> u.attgenerated
               OR pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM u.expression),
         CASE l.relkind WHEN 'p' THEN EXISTS (SELECT FROM pg_partition_tree(l.oid) t JOIN pg_class c ON c.oid = t.relid
                                               WHERE c.relpersistence = 'u') ELSE l.relpersistence = 'u' END
    FROM closed, root JOIN pg_inherits i ON i.inhparent = root.oid AND {pending}i.inhdetachpending
         JOIN pg_class l ON l.oid = i.inhrelid JOIN pg_namespace n ON n.oid = l.relnamespace
         CROSS JOIN LATERAL pg_get_expr(l.relpartbound, l.oid) AS bounds
         CROSS JOIN LATERAL (
           SELECT btrim(split_part(split_part(bounds, ') TO (', 1), ' FROM (', 2), '''') AS lower,
                  btrim(split_part(bounds, ') TO (', 2), ''')') AS upper) AS bound)";

// The last years do not fit microseconds since 1970: the server's own epoch is rounded there, an interval's is not.
constexpr const char* kMicrosSql = R"(
         CASE WHEN {0} = '' THEN NULL WHEN {0} IN ('MINVALUE', '-infinity') THEN {1} WHEN {0} IN ('MAXVALUE', 'infinity') THEN {2}
              ELSE (extract(epoch FROM {0}::timestamptz - '2000-01-01'::timestamptz) * 1000000)::int8 END)";

std::string MicrosSql(const char* bound) {
  // -2^63 has no literal of its own.
  return fmt::format(kMicrosSql, bound, "(-9223372036854775807 - 1)", "9223372036854775807");
}

std::string FilledIn(const Table& table, std::span<const std::string> columns, const char* pending) {
  return fmt::format(kPartitionsSql, fmt::arg("root", QuoteLiteral(table.sql_name)), fmt::arg("pending", pending),
                     fmt::arg("columns", TextArraySql(columns)), fmt::arg("from", MicrosSql("bound.lower")),
                     fmt::arg("to", MicrosSql("bound.upper")));
}

absl::StatusOr<PartitionMap> Read(pq::Connection& connection, const std::string& sql, pq::Deadline deadline) {
  const auto rows = connection.Query(kBeginInUtc + sql + "; COMMIT", deadline);
  if (!rows.ok()) return RolledBack(connection, rows.status(), deadline);
  return PartitionMapOfRows(*rows);
}

PgMicros ToMicros(const std::string& text) {
  PgMicros micros = 0;
  std::from_chars(text.data(), text.data() + text.size(), micros);
  return micros;
}

}  // namespace

absl::Status RolledBack(pq::Connection& connection, absl::Status error, pq::Deadline deadline) {
  if (connection.in_transaction()) (void)connection.Query("ROLLBACK", deadline);
  return error;
}

std::string SetLockTimeout(absl::Duration timeout) {
  return fmt::format("SET LOCAL lock_timeout = {}", std::max<std::int64_t>(1, absl::ToInt64Milliseconds(timeout)));
}

std::string TextArraySql(std::span<const std::string> values) {
  std::string sql = "ARRAY[";
  for (const std::string& value : values) sql += (&value == values.data() ? "" : ", ") + QuoteLiteral(value);
  return sql + "]::text[]";
}

std::string PartitionsSql(const Table& table, std::span<const std::string> columns) {
  return FilledIn(table, columns, "NOT ");
}

PartitionMap PartitionMapOfRows(const pq::Rows& rows) {
  std::vector<Partition> partitions;
  bool has_default = false;
  for (const auto& row : rows) {
    if (!row[2]) {
      has_default = true;
    } else {
      partitions.push_back({.sql_name = *row[0],
                            .name = *row[1],
                            .from = ToMicros(*row[2]),
                            .to = ToMicros(*row[3]),
                            .direct = row[4] == "t",
                            .unlogged = row[5] == "t"});
    }
  }
  return {std::move(partitions), has_default};
}

absl::StatusOr<std::optional<TimePartitioning>> FindTimePartitioning(pq::Connection& connection, const Table& table,
                                                                     const std::string& time_column,
                                                                     pq::Deadline deadline) {
  auto rows = connection.Query(kPartitioningSql, {table.sql_name, time_column}, deadline);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  const auto& row = rows->front();
  return TimePartitioning{.column = *row[0], .with_zone = row[1] == "t"};
}

absl::StatusOr<PartitionMap> ReadPartitionMap(pq::Connection& connection, const Table& table,
                                              std::span<const std::string> columns, pq::Deadline deadline) {
  return Read(connection, PartitionsSql(table, columns), deadline);
}

absl::StatusOr<std::vector<Partition>> ReadDetachPending(pq::Connection& connection, const Table& table,
                                                         pq::Deadline deadline) {
  const auto map = Read(connection, FilledIn(table, {}, ""), deadline);
  if (!map.ok()) return map.status();
  return std::vector<Partition>(map->partitions().begin(), map->partitions().end());
}

}  // namespace bxb::schema
