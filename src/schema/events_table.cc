#include "schema/events_table.h"

#include <fmt/format.h>

#include "schema/table.h"

namespace bxb::schema {
namespace {

// Spells "bxb" and "DDL"; advisory locks share one space of numbers with the host's own.
constexpr std::uint64_t kDdlLock = 0x627862'44444c;

}  // namespace

std::string EventsTableDdl(const std::string& sql_name) {
  // A serial, not an identity: partitions inherit a default but, before PostgreSQL 17, no identity.
  return fmt::format(
      R"(CREATE TABLE {0} (
  id bigserial PRIMARY KEY,
  organization_id uuid NOT NULL,
  transaction_id text NOT NULL,
  external_customer_id text NOT NULL,
  code text NOT NULL,
  timestamp timestamptz NOT NULL,
  properties jsonb NOT NULL DEFAULT '{{}}',
  value double precision,
  decimal_value numeric,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, transaction_id));
CREATE INDEX ON {0} (organization_id, code, timestamp);
CREATE INDEX ON {0} (external_customer_id, timestamp);
)",
      sql_name);
}

absl::Status CreateEventsTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline) {
  const std::string sql_name = QuoteTableName(name);
  const std::string lock = fmt::format("BEGIN; SELECT pg_advisory_xact_lock({})", kDdlLock);
  auto step = connection.Query(lock, deadline);
  if (step.ok()) step = connection.Query("SELECT to_regclass($1)", {sql_name}, deadline);
  const bool missing = step.ok() && !step->front()[0].has_value();
  if (missing) step = connection.Query(EventsTableDdl(sql_name), deadline);
  const auto end = connection.Query(step.ok() ? "COMMIT" : "ROLLBACK", deadline);
  return step.ok() ? end.status() : step.status();
}

}  // namespace bxb::schema
