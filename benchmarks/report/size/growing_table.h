#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bxb/schema.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "partitions/memory_group.h"
#include "report/ground.h"
#include "support/contender.h"
#include "support/events.h"
#include "support/server.h"

namespace bxb::bench::report {

/// A table on a server of its own, whose memory is bounded, page cache and all, where that can be done.
class GrowingTable {
 public:
  GrowingTable(const Ground& ground, const Layout& layout);

  /// Dies on errors; skips where the experiment's time is over.
  void Step(benchmark::State& state, const Events& pool);

 private:
  std::unique_ptr<Server> Start();
  void MakePartitions(std::size_t rows);

  const std::size_t memory_;
  const std::size_t step_rows_;
  const std::size_t day_rows_;
  std::unique_ptr<partitions::MemoryGroup> group_;  // goes when its processes have gone
  std::unique_ptr<testing::EphemeralPostgres> postgres_;
  std::unique_ptr<Server> server_;
  std::string table_;
  bool partitioned_;
  std::size_t rows_ = 0;
  std::size_t days_ = 1;
  std::vector<Session> sessions_;
};

}  // namespace bxb::bench::report
