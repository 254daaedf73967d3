#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// Why this role may not create, detach and drop the table's partitions; empty where it may.
absl::StatusOr<std::string> WhyNotOwner(pq::Connection& connection, const Table& table, pq::Deadline deadline);

/// Whether pg_partman manages the table, or may do so: its configuration cannot be read.
absl::StatusOr<bool> IsManagedByPartman(pq::Connection& connection, const Table& table, pq::Deadline deadline);

}  // namespace bxb::schema
