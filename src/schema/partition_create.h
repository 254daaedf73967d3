#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::schema {

/// Creates the partitions that are missing among `ranges`: as tables like the root (columns, defaults, checks,
/// generated columns, storage; storage parameters of the latest partition; the root's tablespace, or else the latest
/// partition's; the root's owner and, unless it has row security, its grants), attached while they are empty, in one
/// transaction under an advisory lock that is held by everybody who does the same. Readers and writers of the table go
/// on; others who change the table itself are waited for up to `lock_timeout`.
///
/// A range that overlaps a partition that is there already is none of ours any more, and is left out. Returns what was
/// created. Errors: Aborted (a lock was not free within lock_timeout: try again), PermissionDenied (not the owner),
/// FailedPrecondition (the DEFAULT partition holds rows of a range); the server's others.
absl::StatusOr<std::vector<PartitionChange>> CreatePartitions(pq::Connection& connection, const Table& table,
                                                              const TimePartitioning& by,
                                                              std::span<const TimeRange> ranges,
                                                              absl::Duration lock_timeout, pq::Deadline deadline);

/// Whether this role may create partitions of the table: nothing, or why not (not the owner; pg_partman manages it).
absl::StatusOr<std::string> WhyNoPartitions(pq::Connection& connection, const Table& table, pq::Deadline deadline);

/// Whether there can be a partition of this range: PostgreSQL's times reach from 4713 BC to 294276 AD.
bool IsPossible(const TimeRange& range);

/// The current interval, `behind` before and `ahead` after it, by time.
std::vector<TimeRange> RangesAround(PartitionInterval interval, absl::Time now, int behind, int ahead);

}  // namespace bxb::schema
