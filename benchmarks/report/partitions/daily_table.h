#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "partitions/tables.h"
#include "support/contender.h"
#include "support/events.h"
#include "support/server.h"

namespace bxb::bench::report {

/// A table of daily partitions; the same number of rows whatever their number. Dies on errors.
class DailyTable {
 public:
  DailyTable(Server& server, const Events& pool, std::size_t rows, int days);

  /// Planning, an INSERT, a read and COPY, as the state's counters.
  void Measure(benchmark::State& state);

 private:
  EncodedEvents NextRows(std::size_t count, int first_day);
  std::string UsageSql(absl::Time from) const;
  void Plan(benchmark::State& state, const char* what, const std::string& sql);
  void InsertOne(benchmark::State& state);
  void Read(benchmark::State& state);
  void Copy(benchmark::State& state);

  Server& server_;
  const Events& pool_;
  const int days_;
  partitions::PartitionedTable table_;
  std::uint64_t next_row_ = 0;
};

}  // namespace bxb::bench::report
