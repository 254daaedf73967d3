#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// A table that retention has detached, or is about to detach, and has marked so in its comment.
struct MarkedTable {
  std::string oid;
  std::string sql_name;
  std::string mark;
  TimeRange range;
};

/// A partition that bears such a mark and is attached: detaching it was given up, or it was attached again.
struct MarkedPartition {
  std::string oid;
  std::string sql_name;
};

/// The comment by which a later round knows a detached partition again, and reads it: by its oid, its name and its
/// range. One that differs in any of them is somebody's own table by now. `marked.mark` is not looked at.
std::string DetachMark(const Table& table, const MarkedTable& marked);
std::optional<TimeRange> RangeOfMark(const std::string& mark);

/// The table's partitions of earlier rounds that were detached and not dropped, and what else bears such a mark.
absl::StatusOr<std::vector<MarkedTable>> FindMarked(pq::Connection& connection, const Table& table,
                                                    pq::Deadline deadline);

/// The table's attached partitions that bear such a mark.
absl::StatusOr<std::vector<MarkedPartition>> FindMarkedPartitions(pq::Connection& connection, const Table& table,
                                                                  pq::Deadline deadline);

}  // namespace bxb::schema
