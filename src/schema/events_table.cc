#include "schema/events_table.h"

#include "schema/create.h"
#include "schema/layout.h"

namespace bxb::schema {

absl::Status CreateEventsTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline) {
  const Layout layout = {.table = name};
  return CreateIfMissing(connection, QuoteTableName(name), EventsTableDdl(layout, absl::Now()), deadline);
}

}  // namespace bxb::schema
