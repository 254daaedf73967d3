#include "schema/ledger.h"

#include <fmt/format.h>

#include "schema/create.h"

namespace bxb::schema {
namespace {

// A table of that name which does not refuse a number's second use would let a batch in twice.
constexpr const char* kUsableSql = R"(
  SELECT EXISTS (
    SELECT FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.conkey[1]
     WHERE c.oid = to_regclass($1) AND c.relkind = 'r' AND c.relpersistence = 'p' AND x.conname = $2
       AND x.contype = 'p' AND NOT x.condeferrable AND cardinality(x.conkey) = 1
       AND a.attname = 'batch' AND a.atttypid = 'uuid'::regtype
       AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'SELECT')
       AND has_table_privilege(c.oid, 'DELETE')))";

std::string SqlName(const Table& table) {
  return QuoteIdentifier(table.schema_name) + "." + QuoteIdentifier(kLedgerName);
}

std::string LedgerDdl(const std::string& sql_name) {
  return fmt::format(
      R"(CREATE TABLE {0} (
  batch uuid CONSTRAINT {1} PRIMARY KEY,
  committed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON {0} USING brin (committed_at);
)",
      sql_name, kLedgerConstraint);
}

}  // namespace

absl::Status CreateLedger(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  return CreateIfMissing(connection, SqlName(table), LedgerDdl(SqlName(table)), deadline);
}

absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const Table& table,
                                                      pq::Deadline deadline) {
  const std::string name = SqlName(table);
  auto found = connection.Query(kUsableSql, {name, kLedgerConstraint}, deadline);
  if (!found.ok()) return found.status();
  return found->front()[0] == "t" ? std::optional(name) : std::nullopt;
}

}  // namespace bxb::schema
