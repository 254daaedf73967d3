#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

#include "pq/connection.h"

namespace bxb::testing {

/// Runs SQL on a connection of its own; ends the program where the test's own SQL is wrong.
inline pq::Rows Sql(const std::string& dsn, const std::string& sql) {
  const auto deadline = pq::After(absl::Seconds(60));
  auto connection = pq::Connection::Open(dsn, "test", deadline);
  auto rows = connection.ok() ? connection->Query(sql, deadline) : connection.status();
  if (!rows.ok()) {
    std::cerr << sql << ": " << rows.status() << "\n";
    std::abort();
  }
  return *std::move(rows);
}

/// The first value of the first row, as text; "NULL" for NULL.
inline std::string SqlValue(const std::string& dsn, const std::string& sql) {
  return Sql(dsn, sql).at(0).at(0).value_or("NULL");
}

}  // namespace bxb::testing
