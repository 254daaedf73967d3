#pragma once

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

  /// Reads the partitions, and whether this role may create more, anew.
  absl::Status Refresh(pq::Connection& connection, pq::Deadline deadline);

  /// Creates partitions for times that have none in the map, unless there is a DEFAULT partition for them. Empty: every
  /// one of the times has its place now. Otherwise why some have none, for good. An error: try again.
  absl::StatusOr<std::string> Provide(pq::Connection& connection, const std::vector<schema::PgMicros>& times,
                                      pq::Deadline deadline);

  /// OK, or InvalidArgument with the window, for an event of this time.
  absl::Status CheckWindow(schema::PgMicros time) const;

 private:
  bool HoldsAll(const Map& map, const std::vector<schema::PgMicros>& times) const;
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
};

}  // namespace bxb::write
