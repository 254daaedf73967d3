#pragma once

#include <string>

#include "absl/status/status.h"
#include "pq/connection.h"
#include "write/claims.h"
#include "write/commit_plan.h"

namespace bxb::write {

/// Reads the keys of the rows that `recent_rows` selects (see schema::RecentRowsSql) into the dedup cache. What it
/// has learned is as durable as a commit of the plan's level, or it learns nothing.
absl::Status WarmUp(pq::Connection& connection, const CommitPlan& plan, const std::string& recent_rows, Claims& claims,
                    pq::Deadline deadline);

}  // namespace bxb::write
