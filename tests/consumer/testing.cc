// A host application's own test, against a throwaway server.
#include <cstdlib>
#include <iostream>

#include "bxb/testing/ephemeral_postgres.h"

int main() {
  auto server = bxb::testing::EphemeralPostgres::Start();
  std::cout << server.status() << "\n";
  return server.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
