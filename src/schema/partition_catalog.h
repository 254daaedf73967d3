#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pq/connection.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::schema {

/// Begins a transaction in which times are read and written in UTC, and each statement sees what was committed before
/// it.
inline constexpr const char* kBeginInUtc =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; ";

/// An error's ROLLBACK, where the connection needs one. Returns the error.
absl::Status RolledBack(pq::Connection& connection, absl::Status error, pq::Deadline deadline);

/// An SQL array of text.
std::string TextArraySql(std::span<const std::string> values);

/// SQL that says for each partition of a table what PartitionMap needs, for a transaction as above.
std::string PartitionsSql(const Table& table, std::span<const std::string> columns);
PartitionMap PartitionMapOfRows(const pq::Rows& rows);

/// The partitions whose detaching was begun and not finished.
absl::StatusOr<std::vector<Partition>> ReadDetachPending(pq::Connection& connection, const Table& table,
                                                         pq::Deadline deadline);

/// Locks are waited for up to `timeout` until the transaction ends.
std::string SetLockTimeout(absl::Duration timeout);

}  // namespace bxb::schema
