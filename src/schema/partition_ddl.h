#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::schema {

/// One GRANT of a table.
struct Grant {
  std::string privileges;  ///< SELECT, INSERT ("a")
  std::string grantee;     ///< quoted, or PUBLIC
  bool with_option = false;
};

/// What a new partition takes over from its table and from its latest sibling.
struct PartitionTemplate {
  std::string clauses;  ///< the end of CREATE TABLE: access method, storage parameters, tablespace
  std::string owner;    ///< quoted; empty where it is the current role
  std::vector<Grant> grants;
};

/// `sibling` may be null. NotFound where the table is gone.
absl::StatusOr<PartitionTemplate> ReadPartitionTemplate(pq::Connection& connection, const Table& table,
                                                        const Partition* sibling, pq::Deadline deadline);

/// A free name for a partition, at most 63 bytes, quoted and with the table's schema.
absl::StatusOr<std::string> FreePartitionName(pq::Connection& connection, const Table& table, const TimeRange& range,
                                              pq::Deadline deadline);

/// Creates and attaches it.
std::string PartitionDdl(const Table& table, const TimePartitioning& by, const PartitionTemplate& like,
                         const std::string& sql_name, const TimeRange& range);

}  // namespace bxb::schema
