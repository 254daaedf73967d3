#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/schema.h"
#include "pq/connection.h"
#include "schema/indexes.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::schema {

/// What there is of an events table that a layout has an opinion on.
struct ExistingTable {
  Table table;
  std::optional<PartitionMap> partitions;  ///< where it is partitioned by time
  std::vector<TableIndex> indexes;
  std::vector<ForeignKey> missing_foreign_keys;  ///< of the layout's
};

/// The table must exist.
absl::StatusOr<ExistingTable> ReadExistingTable(pq::Connection& connection, const Layout& layout,
                                                pq::Deadline deadline);

/// In what the table differs from the layout, one phrase each.
std::vector<std::string> DifferencesFrom(const Layout& layout, const ExistingTable& existing);

}  // namespace bxb::schema
