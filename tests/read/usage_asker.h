#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "bxb/usage.h"
#include "pq/connection.h"
#include "read/usage_statement.h"

namespace bxb::testing {

/// A session that puts usage queries to one table.
class Asker {
 public:
  Asker(const std::string& dsn, std::string sql_table, const std::string& settings = "SELECT 1")
      : connection_(pq::Connection::Open(dsn, "test", pq::After(absl::Seconds(60))).value()),
        sql_table_(std::move(sql_table)) {
    EXPECT_TRUE(connection_.Query(settings, pq::After(absl::Seconds(60))).ok());
  }

  absl::StatusOr<std::vector<UsageRow>> Ask(const UsageQuery& query) {
    if (absl::Status good = read::CheckUsageQuery(query); !good.ok()) return good;
    std::vector<UsageRow> rows;
    const absl::Status status = Run(read::UsageStatement(query, sql_table_), [&](pq::RowView row) {
      auto usage = read::UsageRowOf(query, row);
      if (usage.ok()) rows.push_back(*usage);
      return usage.status();
    });
    if (!status.ok()) return status;
    return rows;
  }

  /// EXPLAIN's lines; `options` is what stands in its parentheses.
  std::string Explain(const UsageQuery& query, const std::string& options = "COSTS OFF") {
    pq::Statement statement = read::UsageStatement(query, sql_table_);
    statement.sql = "EXPLAIN (" + options + ") " + statement.sql;
    std::string plan;
    const absl::Status status = Run(statement, [&](pq::RowView row) {
      plan += std::string(*row[0]) + "\n";
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return plan;
  }

 private:
  absl::Status Run(const pq::Statement& statement, absl::FunctionRef<absl::Status(pq::RowView)> on_row) {
    return connection_.Pipeline(
        {&statement, 1}, [&](std::size_t, pq::RowView row) { return on_row(row); }, pq::After(absl::Seconds(60)));
  }

  pq::Connection connection_;
  std::string sql_table_;
};

/// The settings of a session that is unlike any other.
inline constexpr const char* kOddSession =
    "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; "
    "SET extra_float_digits = -5; SET bytea_output = 'escape'; SET standard_conforming_strings = on";

}  // namespace bxb::testing
