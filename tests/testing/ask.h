#pragma once

#include <string>
#include <string_view>

#include "bxb/testing/ephemeral_postgres.h"

namespace bxb::testing {

/// The one value that a query returns, "NULL" for NULL. An error throws, which fails the test with its message.
inline std::string Ask(const EphemeralPostgres& server, std::string_view sql) {
  const TextRows rows = server.Query(sql).value();
  return rows.at(0).at(0).value_or("NULL");
}

/// Runs SQL that returns nothing.
inline void Execute(const EphemeralPostgres& server, std::string_view sql) { server.Query(sql).value(); }

}  // namespace bxb::testing
