#pragma once

#include <string>

#include "absl/status/status.h"
#include "pq/connection.h"

namespace bxb::schema {

/// Creates the built-in events table where no table of that name exists: Layout's defaults. Safe when several
/// processes do so at once.
absl::Status CreateEventsTable(pq::Connection& connection, const std::string& name, pq::Deadline deadline);

}  // namespace bxb::schema
