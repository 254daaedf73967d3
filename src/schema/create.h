#pragma once

#include <string>

#include "absl/status/status.h"
#include "pq/connection.h"

namespace bxb::schema {

/// Runs the DDL where no table of that quoted name exists; safe when several processes do so at once.
absl::Status CreateIfMissing(pq::Connection& connection, const std::string& sql_name, const std::string& ddl,
                             pq::Deadline deadline);

}  // namespace bxb::schema
