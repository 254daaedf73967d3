#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/usage.h"
#include "pq/connection.h"

namespace bxb::read {

/// InvalidArgument names the member of the query at fault: "UsageQuery::from …".
absl::Status CheckUsageQuery(const UsageQuery& query);

/// The one statement that a query is put as; nothing of the caller's is in its text, all of it is in the parameters.
/// `sql_table` is quoted already. The query must be a good one.
pq::Statement UsageStatement(const UsageQuery& query, const std::string& sql_table);

/// Reads a row of its answer.
absl::StatusOr<UsageRow> UsageRowOf(const UsageQuery& query, pq::RowView row);

}  // namespace bxb::read
