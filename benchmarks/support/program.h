#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace bxb::bench {

/// Runs a program, which is looked for in PATH, to its end, without a shell; returns what it printed. Where it fails,
/// the error is the last line of its errors; when `timeout` has passed it is killed with all that it has started. It
/// ends with this process where util-linux's setpriv is there. `environment` ("NAME=value") goes before what is
/// inherited.
absl::StatusOr<std::string> RunProgram(std::vector<std::string> argv, absl::Duration timeout,
                                       const std::vector<std::string>& environment = {});

/// How a program is told of a server: everybody on the machine can read its arguments, but not its environment.
struct ProgramDsn {
  std::string dsn;                       ///< without its password
  std::vector<std::string> environment;  ///< which has the password, if there is one
};

/// Dies where that is no DSN.
ProgramDsn ForPrograms(const std::string& dsn);

}  // namespace bxb::bench
