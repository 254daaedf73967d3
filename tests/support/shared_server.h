#pragma once

#include <memory>
#include <string>

#include "bxb/testing/ephemeral_postgres.h"

namespace bxb::testing {

/// The one server of this test program: started by the first test that needs it, gone when the program ends. No test
/// is skipped without PostgreSQL: value() throws, and the test fails with a message that says what to install.
inline EphemeralPostgres& SharedServer() {
  static const std::unique_ptr<EphemeralPostgres> server = EphemeralPostgres::Start().value();
  return *server;
}

/// The connection string of a new, empty database on it.
inline std::string FreshDatabase() { return SharedServer().dsn(SharedServer().CreateDatabase().value()); }

}  // namespace bxb::testing
