#pragma once

#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// The key table of a partitioned table, "<table>_keys" beside it: the dedup key of every row, under a primary key,
/// which a partitioned table cannot have on columns that do not hold its time. A row's key is written in the row's own
/// transaction, so the two are there together or not at all.
///
/// It holds the key columns themselves, not a hash of them: neighbouring keys stay neighbours in its index, which then
/// grows at one edge where ids grow with time; docs/measurements.md has both measured.
std::string KeyTableName(const Table& table);  ///< quoted, with its schema

/// InvalidArgument where that name is longer than the server's names: it would be cut off, and be another table's.
absl::Status CheckKeyTableName(const Table& table);

/// `key_columns` are the table's columns, plain. Creates it where it is missing; safe when several processes do so at
/// once.
std::string KeyTableDdl(const Table& table, std::span<const std::string> key_columns);
absl::Status CreateKeyTable(pq::Connection& connection, const Table& table, std::span<const std::string> key_columns,
                            pq::Deadline deadline);

/// Nullopt where there is none of that name, or the table is not partitioned and needs none. One that is there can be
/// used if it has an immediate unique index on exactly the key columns, of the same types and collations, needs nothing
/// else, and takes every key: FailedPrecondition says what is wrong with it, PermissionDenied that only privileges are
/// missing.
absl::StatusOr<std::optional<Table>> FindKeyTable(pq::Connection& connection, const Table& table,
                                                  std::span<const std::string> key_columns, pq::Deadline deadline);

/// OK, unless the table holds rows and the key table none, which would let each of them in again: FailedPrecondition
/// has the statement that fills it. `keys` may not exist yet.
absl::Status CheckKeysOfRows(pq::Connection& connection, const Table& table, std::span<const std::string> key_columns,
                             pq::Deadline deadline);

/// Deletes keys that were written longer ago than `age`, some at a time. Returns how many.
absl::StatusOr<std::uint64_t> DeleteOldKeys(pq::Connection& connection, const Table& key_table, absl::Duration age,
                                            pq::Deadline deadline);

}  // namespace bxb::schema
