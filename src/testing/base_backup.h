#pragma once

#include <string>

#include "absl/status/status.h"
#include "pq/deadline.h"
#include "testing/server_folder.h"

namespace bxb::testing {

/// Copies the data of a running server (`dsn`, `version`, `from`) into the empty folder `to`, ready to start as a
/// standby. The files are copied between pg_backup_start and pg_backup_stop, because pg_basebackup serves one major
/// version only and is missing from some builds of the server.
absl::Status CopyRunningServer(const std::string& dsn, int version, const ServerFolder& from, const ServerFolder& to,
                               pq::Deadline deadline);

}  // namespace bxb::testing
