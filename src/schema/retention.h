#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/detach_mark.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::schema {

/// Takes partitions out of one table. Each call leaves the connection outside of a transaction, or lost.
class Retention {
 public:
  /// All must outlive it.
  Retention(pq::Connection& connection, const Table& table, const TimePartitioning& by, const PartitionOptions& options,
            pq::Deadline deadline)
      : connection_(connection), table_(table), by_(by), options_(options), deadline_(deadline) {}

  /// Marks and detaches it. Concurrently unless the table has a DEFAULT partition: readers and writers of the table
  /// go on, and transactions that have used it before are waited for. Aborted where they take too long;
  /// FailedPrecondition where the name is not that partition's any more: if another one was detached by it, it is
  /// attached again.
  absl::Status Detach(const Partition& partition, bool has_default);

  /// Takes the mark off, unless it has been detached meanwhile.
  absl::Status ClearMark(const MarkedPartition& marked);

  /// Finishes what an interrupted Detach has begun.
  absl::Status FinishDetaching(const Partition& partition);

  /// Archives and drops a detached table, of whose rows none may be at or after `keep_from`. Nobody else does the same
  /// meanwhile, and nobody writes into it. What was done is added to `changes`, also before an error.
  absl::Status Remove(const MarkedTable& marked, absl::Time keep_from, std::vector<PartitionChange>& changes);

 private:
  /// The bounds of the table's partitions, by oid, as SQL spells them in UTC.
  using Bounds = std::map<std::string, std::string>;

  absl::StatusOr<MarkedTable> LockAndMark(const Partition& partition);
  absl::StatusOr<Bounds> ReadBounds();
  absl::Status DetachConcurrently(const MarkedTable& marked, const Bounds& bounds);
  absl::Status CheckDetached(const MarkedTable& marked, const Bounds& bounds);
  absl::Status AttachAgain(const std::string& sql_name, const std::string& bounds);
  absl::Status AwaitOlderTransactions(const Partition& partition);
  absl::Status Lock(const MarkedTable& marked);
  absl::Status CheckRemovable(const MarkedTable& marked, absl::Time keep_from);
  absl::Status Archive(const MarkedTable& marked);
  absl::Status Run(const std::string& sql, pq::Deadline deadline);

  pq::Connection& connection_;
  const Table& table_;
  const TimePartitioning& by_;
  const PartitionOptions& options_;
  const pq::Deadline deadline_;
};

}  // namespace bxb::schema
