#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "support/server.h"

namespace bxb::bench::partitions {

/// Which indexes a table of events has.
enum class Indexes : std::uint8_t {
  kNone,
  kLean,  ///< dedup per timestamp, and (organization_id, code, timestamp): as the library's lean layout
};

/// Creates a plain table of events, without rows.
void CreatePlain(Server& server, const std::string& table, Indexes indexes);

/// A table that is partitioned by ranges of time, all of one width; dropped with this object.
class PartitionedTable {
 public:
  struct Cut {
    int leaves;
    absl::Duration width;
    absl::Time start;
  };

  PartitionedTable(Server& server, const std::string& name, const Cut& cut, Indexes indexes);
  ~PartitionedTable();
  PartitionedTable(const PartitionedTable&) = delete;
  PartitionedTable& operator=(const PartitionedTable&) = delete;

  const std::string& root() const { return root_; }
  const std::string& leaf(int number) const { return leaves_[static_cast<std::size_t>(number)]; }
  const std::string& last_leaf() const { return leaves_.back(); }
  const Cut& cut() const { return cut_; }
  absl::Time StartOf(int leaf) const { return cut_.start + leaf * cut_.width; }

 private:
  Server& server_;
  const Cut cut_;
  const std::string root_;
  std::vector<std::string> leaves_;
};

/// How long the server takes to plan a query: its own figure.
double PlanningMs(Session& session, const std::string& sql);

/// A literal for SQL.
std::string Literal(absl::Time time);

}  // namespace bxb::bench::partitions
