#include "schema/events_table.h"

#include <fmt/format.h>

#include "schema/create.h"
#include "schema/table.h"

namespace bxb::schema {
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
  return CreateIfMissing(connection, sql_name, EventsTableDdl(sql_name), deadline);
}

}  // namespace bxb::schema
