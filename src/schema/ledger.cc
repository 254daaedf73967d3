#include "schema/ledger.h"

#include <fmt/format.h>

#include "schema/create.h"

namespace bxb::schema {
namespace {

std::string SqlName(const Table& table) {
  return QuoteIdentifier(table.schema_name) + "." + QuoteIdentifier(kLedgerName);
}

}  // namespace

std::string LedgerDdl(const std::string& sql_name) {
  return fmt::format(
      R"(CREATE TABLE {0} (
  batch uuid CONSTRAINT {1} PRIMARY KEY,
  committed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON {0} USING brin (committed_at);
)",
      sql_name, kLedgerConstraint);
}

absl::Status CreateLedger(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  return CreateIfMissing(connection, SqlName(table), LedgerDdl(SqlName(table)), deadline);
}

absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const Table& table,
                                                      pq::Deadline deadline) {
  const std::string name = SqlName(table);
  auto found = connection.Query(
      "SELECT coalesce(has_table_privilege(to_regclass($1), 'INSERT') AND has_table_privilege(to_regclass($1), "
      "'DELETE') AND has_table_privilege(to_regclass($1), 'SELECT'), false)",
      {name}, deadline);
  if (!found.ok()) return found.status();
  return found->front()[0] == "t" ? std::optional(name) : std::nullopt;
}

}  // namespace bxb::schema
