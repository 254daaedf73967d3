#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/partitions.h"
#include "bxb/writer_options.h"
#include "pq/connection.h"
#include "schema/partition_create.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::write {

/// What a writer knows of the partitions of its table, and how it gets more of them. The map is a snapshot: whoever
/// finds that the server knows better refreshes it. Thread-safe.
class Partitions {
 public:
  using Map = std::shared_ptr<const schema::PartitionMap>;

  /// `columns` are those that are written, plain.
  Partitions(schema::Table table, schema::TimePartitioning by, std::vector<std::string> columns,
             PartitionOptions options, LogHook log);

  const schema::Table& table() const { return table_; }
  const PartitionOptions& options() const { return options_; }

  Map map() const;

  /// Reads the partitions, and whether this role may create more, anew. Returns what it has read.
  absl::StatusOr<Map> Refresh(pq::Connection& connection, pq::Deadline deadline);

  /// The same, unless that was done a moment ago.
  absl::StatusOr<Map> RefreshIfOld(pq::Connection& connection, pq::Deadline deadline);

  /// How providing partitions ended.
  struct Provided {
    Map map;
    std::vector<schema::PgMicros> refused;  ///< times that can have no partition, sorted
    std::string why;                        ///< they cannot
  };

  /// Creates partitions for times that have none, unless there is a DEFAULT partition for them. Every time has its
  /// place then, or is refused. An error: try again.
  absl::StatusOr<Provided> Provide(pq::Connection& connection, std::vector<schema::PgMicros> times,
                                   pq::Deadline deadline);

  /// OK, or InvalidArgument with the window, for an event of this time.
  absl::Status CheckWindow(schema::PgMicros time) const;

 private:
  std::string WhyNotCreated(const Map& map) const;
  absl::Status Create(pq::Connection& connection, const Map& map, const std::vector<schema::PgMicros>& times,
                      pq::Deadline deadline);
  absl::Status OutsideWindow(schema::PgMicros time, absl::Time now) const;

  const schema::Table table_;
  const schema::TimePartitioning by_;
  const std::vector<std::string> columns_;
  const PartitionOptions options_;
  const LogHook log_;

  mutable std::mutex mutex_;
  Map map_;
  std::string why_none_;  ///< why this role creates no partitions; empty: it may
  std::uint64_t last_reading_ = 0;
  std::uint64_t map_reading_ = 0;  ///< the reading that map_ is of
  pq::Deadline::clock::time_point read_at_;
  std::atomic<schema::PgMicros> keep_from_ = schema::kBeforeAll;  ///< what is older, retention takes away
};

}  // namespace bxb::write
