#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "testing/guard.h"
#include "testing/postmaster.h"
#include "testing/server_folder.h"

namespace bxb::testing {

class EphemeralPostgres::Impl {
 public:
  Impl(EphemeralPostgresOptions options, int version, const ServerFolder& folder, Guard guard);

  /// An empty folder under guard; `options` with the defaults filled in.
  static absl::StatusOr<std::unique_ptr<Impl>> Make(EphemeralPostgresOptions options);

  /// Writes the settings into the data folder, and starts the server.
  absl::Status ConfigureAndStart();

  /// `host=… port=… user=postgres`.
  std::string conninfo() const;
  std::string setting(const std::string& name) const;

  EphemeralPostgresOptions options;
  int version;
  ServerFolder folder;
  // In this order: the guard ends the server, and then the postmaster is waited for.
  Postmaster postmaster;
  Guard guard;
};

/// One value of a connection string, in quotes where it needs them.
std::string Quoted(std::string_view value);

}  // namespace bxb::testing
