#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pq/deadline.h"
#include "testing/account.h"

namespace bxb::testing {

/// Starts a program (`argv[0]` is its path) as `account`, in a session of its own and in `/`, with its standard input,
/// output and errors on these file descriptors and no other one open. Its environment is this process's without
/// PostgreSQL's variables, and with LC_ALL=C. The caller must wait for the process to end.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& argv, const Account& account, int input, int output);

/// Waits for a process started by Spawn to end; returns its wait status. DeadlineExceeded leaves it running.
absl::StatusOr<int> WaitForExit(pid_t pid, pq::Deadline deadline);

/// Runs a program to its end and returns what it printed. An exit code other than 0 is an Internal error with that
/// output; at the deadline the program is killed.
absl::StatusOr<std::string> Run(const std::vector<std::string>& argv, const Account& account, pq::Deadline deadline);

/// The processes whose parent is `pid`.
std::vector<pid_t> ChildrenOf(pid_t pid);

/// Waits until none of these processes runs any more; one that nobody has waited for (a zombie) does not run.
absl::Status WaitUntilGone(const std::vector<pid_t>& pids, pq::Deadline deadline);

}  // namespace bxb::testing
