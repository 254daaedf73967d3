#pragma once

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "bxb/testing/ephemeral_postgres.h"

namespace bxb::testing {

/// The one server of this test program: started by the first test that needs it, gone when the program ends. No test
/// is skipped without PostgreSQL: the program ends with a message that says what to install.
inline EphemeralPostgres& SharedServer() {
  static const std::unique_ptr<EphemeralPostgres> server = [] {
    auto started = EphemeralPostgres::Start();
    if (!started.ok()) {
      std::cerr << "these tests need a PostgreSQL server: " << started.status() << std::endl;
      std::abort();
    }
    return *std::move(started);
  }();
  return *server;
}

/// The connection string of a new, empty database on it.
inline std::string FreshDatabase() {
  const auto name = SharedServer().CreateDatabase();
  if (!name.ok()) {
    std::cerr << "cannot create a database: " << name.status() << std::endl;
    std::abort();
  }
  return SharedServer().dsn(*name);
}

}  // namespace bxb::testing
