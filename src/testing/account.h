#pragma once

#include <sys/types.h>

#include "absl/status/statusor.h"

namespace bxb::testing {

/// The user as whom a process runs.
struct Account {
  uid_t uid;
  gid_t gid;

  /// The user of this process.
  static Account Own();

  /// The user for a PostgreSQL server, which refuses to run as root: this process's own user, and in root's place
  /// `postgres` if there is such a user, else `nobody`.
  static absl::StatusOr<Account> ForServer();
};

}  // namespace bxb::testing
