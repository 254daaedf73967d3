#pragma once

#include <map>
#include <memory>
#include <string>

#include "bxb/testing/ephemeral_postgres.h"
#include "support/server.h"

namespace bxb::bench::report {

/// A primary and a streaming replica of it, on this machine.
class Pair {
 public:
  /// With these lines of postgresql.conf for both, besides those of support/server.cc.
  explicit Pair(const std::map<std::string, std::string>& settings = {});

  Server& primary() { return primary_; }
  const testing::EphemeralPostgres& replica() const { return *replica_; }

  /// Empties the primary's tables, and waits until the replica has all of its log.
  void Clear();

  void AwaitReplay();

 private:
  Server primary_;
  std::unique_ptr<testing::EphemeralPostgres> replica_;
};

}  // namespace bxb::bench::report
