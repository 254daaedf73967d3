#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "bxb/partitions.h"
#include "schema/partition_interval.h"
#include "schema/partition_support.h"

namespace bxb::testing {

/// The table `events` with days up to today, one row in each at noon.
class MaintenanceTest : public PartitionTest {
 protected:
  void MakeDays(int days, const std::string& more = "") {
    Run("CREATE TABLE events (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);" + more);
    std::vector<TimeRange> ranges;
    for (int i = days - 1; i >= 0; --i) ranges.push_back(DaysAgo(i));
    ASSERT_EQ(Create(ranges).value().size(), days);
    for (const TimeRange& range : ranges) {
      Run("INSERT INTO events VALUES ('" + schema::TimeText(range.from + absl::Hours(12), true) + "')");
    }
  }

  TimeRange DaysAgo(int days) const { return RangeOf(PartitionInterval::kDay, today_ - days * absl::Hours(24)); }

  std::string LeafOf(int days_ago) const { return "public.events" + schema::NameSuffix(DaysAgo(days_ago)); }

  MaintenanceReport Maintained(const PartitionOptions& options, bool dry_run = false) {
    auto report = MaintainPartitions(dsn_, "events", options, dry_run);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(MaintenanceReport{});
  }

  static std::vector<std::string> Tables(const MaintenanceReport& report, PartitionChange::Kind kind) {
    std::vector<std::string> tables;
    for (const PartitionChange& change : report.changes) {
      if (change.kind == kind) tables.push_back(change.table);
    }
    return tables;
  }

  void Becomes(const std::string& sql, const std::string& value) const {
    const auto until = Soon();
    while (Value(sql) != value && pq::Deadline::clock::now() < until) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(Value(sql), value) << sql;
  }

  /// Gives the name of the oldest of four days to today's partition.
  std::string SwapSql() const {
    const std::string oldest = "events" + schema::NameSuffix(DaysAgo(3)),
                      today = "events" + schema::NameSuffix(DaysAgo(0));
    return "ALTER TABLE " + oldest + " RENAME TO events_p; ALTER TABLE " + today + " RENAME TO " + oldest;
  }

  std::string Marks() const { return Value("SELECT count(*) FROM pg_description WHERE description LIKE 'bxb: %'"); }
  std::string Attached() const { return Value("SELECT count(*) FROM pg_inherits"); }
  std::string Tables() const { return Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'events_p%'"); }

  const absl::Time today_ = absl::Now();
};

inline const PartitionOptions kKeepTwo = {.ahead = 0, .keep = 2};

}  // namespace bxb::testing
