#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// A time as PostgreSQL counts it: microseconds since 2000-01-01 UTC, what a COPY BINARY field of timestamptz holds.
using PgMicros = std::int64_t;

inline constexpr PgMicros kBeforeAll = INT64_MIN;  ///< MINVALUE and -infinity
inline constexpr PgMicros kAfterAll = INT64_MAX;   ///< MAXVALUE and infinity

PgMicros ToPgMicros(absl::Time time);
absl::Time FromPgMicros(PgMicros micros);

/// The interval of which it is one, cut in UTC; nullopt where it is none.
std::optional<PartitionInterval> IntervalOf(const TimeRange& range);

/// One attached partition and its half-open range. One whose detaching is pending is no partition any more.
struct Partition {
  std::string sql_name;  ///< quoted, with its schema
  std::string name;      ///< plain: as the server names it in messages
  PgMicros from = kBeforeAll;
  PgMicros to = kAfterAll;

  TimeRange range() const { return {.from = FromPgMicros(from), .to = FromPgMicros(to)}; }

  /// Whether COPYing rows straight into it does the same as COPYing them into the root: an ordinary table (not
  /// foreign, not partitioned itself), this role may INSERT the written columns into it, the columns that are not
  /// written have the root's defaults (and no identity that it lacks), and no rules, row security or statement
  /// triggers make a difference.
  bool direct = false;
  bool unlogged = false;
};

/// The partitions of a table that is partitioned by ranges of one timestamptz or timestamp column, as of one moment.
/// Immutable, so thread-safe.
class PartitionMap {
 public:
  /// `partitions` in any order; without the DEFAULT one.
  PartitionMap(std::vector<Partition> partitions, bool has_default);

  /// The number of the partition that holds this time, among partitions(); nullopt where none does. The DEFAULT
  /// partition does not count.
  std::optional<std::uint32_t> Find(PgMicros time) const;

  /// Whether a partition holds a time of that range. The DEFAULT partition does not count.
  bool Overlaps(const TimeRange& range) const;

  std::span<const Partition> partitions() const { return partitions_; }  ///< by time
  bool has_default() const { return has_default_; }
  bool any_unlogged() const;

  /// The interval of the latest partition, if it is one of ours cut in UTC: that of partitions to come.
  std::optional<PartitionInterval> interval() const;

 private:
  std::vector<Partition> partitions_;
  bool has_default_;
};

/// What a table is partitioned by, if by ranges of one timestamptz or timestamp column (which must be `time_column`,
/// plain, unless that is empty).
struct TimePartitioning {
  std::string column;     ///< plain
  bool with_zone = true;  ///< timestamptz, not timestamp
};

absl::StatusOr<std::optional<TimePartitioning>> FindTimePartitioning(pq::Connection& connection, const Table& table,
                                                                     const std::string& time_column,
                                                                     pq::Deadline deadline);

/// Reads the partitions of such a table. `columns` are those that will be written, plain. The session's time zone and
/// date style do not matter.
absl::StatusOr<PartitionMap> ReadPartitionMap(pq::Connection& connection, const Table& table,
                                              std::span<const std::string> columns, pq::Deadline deadline);

}  // namespace bxb::schema
