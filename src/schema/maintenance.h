#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// One round of looking after a partitioned table: see bxb::MaintainPartitions. The table must be partitioned by
/// time. Everything is read from the catalog anew.
absl::StatusOr<MaintenanceReport> Maintain(pq::Connection& connection, const Table& table,
                                           const PartitionOptions& options, bool dry_run, pq::Deadline deadline);

/// The options' ranges; InvalidArgument names the option.
absl::Status CheckPartitionOptions(const PartitionOptions& options);

}  // namespace bxb::schema
