#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "bxb/writer_options.h"
#include "pq/connection.h"
#include "schema/partition_map.h"
#include "schema/table.h"
#include "write/claims.h"
#include "write/commit_plan.h"

namespace bxb::write {

/// Where a writer's rows go, and how: the table, fitted to the row type.
struct Destination {
  schema::Table table;
  std::vector<PgType> types;         ///< of the shape's columns
  std::vector<std::string> columns;  ///< their names, plain
  DedupScope scope;
  std::optional<schema::TimePartitioning> partitioned_by;  ///< where that is the row's time
  CommitPlan plan;
};

/// Finds the table (its partitioning, its key table, and the ledger, for rows without a key), and creates what is
/// missing where the options say so.
absl::StatusOr<Destination> FindDestination(pq::Connection& connection, const WriterOptions& options,
                                            const internal::RowShape& shape, pq::Deadline deadline);

/// Fills the dedup cache with the most recent keys, as the options say. It only tells the log where that fails: a
/// writer without them is slower, and right all the same.
void WarmUpFrom(pq::Connection& connection, const WriterOptions& options, const internal::RowShape& shape,
                const Destination& destination, Claims& claims);

}  // namespace bxb::write
