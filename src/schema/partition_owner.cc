#include "schema/partition_owner.h"

#include <fmt/format.h>

#include "schema/partition_create.h"

namespace bxb::schema {
namespace {

constexpr const char* kOwnerSql = R"(
  SELECT current_user, pg_has_role(c.relowner, 'USAGE'), has_schema_privilege(c.relnamespace, 'CREATE')
    FROM pg_class c WHERE c.oid = to_regclass($1))";

// No row where there is no pg_partman.
constexpr const char* kPartmanSql = R"(
  SELECT quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE') AND EXISTS (
           SELECT FROM pg_class c WHERE c.relname = 'part_config' AND c.relnamespace = n.oid
              AND has_table_privilege(c.oid, 'SELECT'))
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_partman')";

constexpr const char* kPartmanTableSql = "SELECT FROM {}.part_config WHERE parent_table = {}";

}  // namespace

absl::StatusOr<std::string> WhyNotOwner(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  const auto rows = connection.Query(kOwnerSql, {table.sql_name}, deadline);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::NotFoundError(fmt::format("table {} does not exist any more", table.sql_name));
  const auto& row = rows->front();
  if (row[1] != "t") return fmt::format("role \"{}\" does not own {}", *row[0], table.sql_name);
  if (row[2] != "t") {
    return fmt::format("role \"{}\" may not create tables in schema \"{}\"", *row[0], table.schema_name);
  }
  return "";
}

absl::StatusOr<bool> IsManagedByPartman(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  const auto partman = connection.Query(kPartmanSql, deadline);
  if (!partman.ok()) return partman.status();
  if (partman->empty()) return false;
  const auto& row = partman->front();
  if (row[1] != "t") return true;
  const std::string name = QuoteLiteral(table.schema_name + "." + table.name);
  const auto listed = connection.Query(fmt::format(kPartmanTableSql, *row[0], name), deadline);
  if (!listed.ok()) return listed.status();
  return !listed->empty();
}

absl::StatusOr<std::string> WhyNoPartitions(pq::Connection& connection, const Table& table, pq::Deadline deadline) {
  auto why = WhyNotOwner(connection, table, deadline);
  if (!why.ok() || !why->empty()) return why;
  const auto partman = IsManagedByPartman(connection, table, deadline);
  if (!partman.ok()) return partman.status();
  return *partman ? fmt::format("pg_partman manages {}", table.sql_name) : std::string();
}

}  // namespace bxb::schema
