#include "schema/ledger.h"

#include <fmt/format.h>

#include "schema/create.h"

namespace bxb::schema {
namespace {

constexpr const char* kIndexName = "bxb_ledger_committed_at_idx";

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

}  // namespace

std::string LedgerDdl(const Table& table) {
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {0} (\n  batch uuid CONSTRAINT {1} PRIMARY KEY,\n"
      "  committed_at timestamptz NOT NULL DEFAULT now()\n);\n"
      "CREATE INDEX IF NOT EXISTS {2} ON {0} USING brin (committed_at);\n",
      NameBeside(table, kLedgerName), kLedgerConstraint, kIndexName);
}

absl::Status CreateLedger(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  return CreateIfMissing(connection, NameBeside(table, kLedgerName), LedgerDdl(table), deadline);
}

absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const Table& table,
                                                      pq::Deadline deadline) {
  const std::string name = NameBeside(table, kLedgerName);
  auto found = connection.Query(kUsableSql, {name, kLedgerConstraint}, deadline);
  if (!found.ok()) return found.status();
  return found->front()[0] == "t" ? std::optional(name) : std::nullopt;
}

}  // namespace bxb::schema
