#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace bxb::testing {

/// The folder that holds `initdb` and `postgres`: `bin_dir` if not empty, else the first that exists in the order
/// that EphemeralPostgresOptions::bin_dir states. NotFound names the package to install.
absl::StatusOr<std::string> FindServerBinaries(const std::string& bin_dir);

/// The server_version_num of the `postgres` in that folder: 150018 for 15.18.
absl::StatusOr<int> ServerVersion(const std::string& bin_dir);

}  // namespace bxb::testing
