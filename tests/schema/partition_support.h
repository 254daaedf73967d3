#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "schema/partition_create.h"
#include "schema/partition_map.h"
#include "schema/table.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {

inline absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) ADD_FAILURE() << rfc3339 << ": " << error;
  return time;
}

inline absl::Time Day(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
}

inline pq::Deadline Soon() { return pq::After(absl::Seconds(60)); }

/// A new database, a connection to it, and what the partition functions need of one of its tables.
class PartitionTest : public ::testing::Test {
 protected:
  static pq::Connection Connect(const std::string& dsn) { return pq::Connection::Open(dsn, "test", Soon()).value(); }

  void Run(const std::string& sql) const { Sql(dsn_, sql); }
  std::string Value(const std::string& sql) const { return SqlValue(dsn_, sql); }

  schema::Table TableOf(const std::string& name = "events") {
    return schema::InspectTable(connection_, name, Soon()).value();
  }

  schema::TimePartitioning PartitioningOf(const schema::Table& table) {
    return schema::FindTimePartitioning(connection_, table, "", Soon()).value().value();
  }

  schema::PartitionMap Map(const std::string& name = "events", const std::vector<std::string>& columns = {"at"}) {
    return schema::ReadPartitionMap(connection_, TableOf(name), columns, Soon()).value();
  }

  absl::StatusOr<std::vector<PartitionChange>> Create(const std::vector<TimeRange>& ranges,
                                                      const std::string& name = "events") {
    const schema::Table table = TableOf(name);
    return schema::CreatePartitions(connection_, table, PartitioningOf(table), ranges, absl::Milliseconds(500), Soon());
  }

  const std::string dsn_ = FreshDatabase();
  pq::Connection connection_ = Connect(dsn_);
};

}  // namespace bxb::testing
