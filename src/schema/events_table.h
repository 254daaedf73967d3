#pragma once

#include <string>

#include "absl/status/status.h"
#include "pq/connection.h"

namespace bxb::schema {

/// The DDL of the built-in events table and its indexes, under a quoted table name.
std::string EventsTableDdl(const std::string& sql_name);

/// Creates it where no table of that name exists; safe when several processes do so at once.
absl::Status CreateEventsTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline);

}  // namespace bxb::schema
