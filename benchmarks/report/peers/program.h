#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace bxb::bench::report {

/// Runs a program, which is looked for in PATH, to its end, without a shell; returns what it printed. Where it fails,
/// the error is the last line of its errors; when `timeout` has passed it is killed with all that it has started.
absl::StatusOr<std::string> RunProgram(std::vector<std::string> argv, absl::Duration timeout);

}  // namespace bxb::bench::report
