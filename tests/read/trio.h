#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/reader.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "bxb/writer.h"

namespace bxb::testing {

/// A primary and two streaming standbys.
class Trio {
 public:
  explicit Trio(const EphemeralPostgresOptions& options = {}) {
    primary = EphemeralPostgres::Start(options).value();
    one = primary->StartStandby("one").value();
    two = primary->StartStandby("two").value();
  }

  /// An endpoint for each, labelled "p", "a" and "b".
  std::vector<Endpoint> endpoints(const std::string& database = "postgres") const {
    return {{primary->dsn(database), "p"}, {one->dsn(database), "a"}, {two->dsn(database), "b"}};
  }

  /// What EndpointState::name says of a server.
  static std::string NameOf(const EphemeralPostgres& server) { return server.dir() + ":5432"; }

  void AwaitReplay() {
    for (auto* standby : {one.get(), two.get()}) {
      if (standby->pid() != 0) standby->WaitForReplay(*primary, absl::Seconds(30)).IgnoreError();
    }
  }

  std::unique_ptr<EphemeralPostgres> primary;
  std::unique_ptr<EphemeralPostgres> one;
  std::unique_ptr<EphemeralPostgres> two;
};

/// One for the tests that leave it as it was.
inline Trio& SharedTrio() {
  static Trio trio;
  return trio;
}

}  // namespace bxb::testing
