#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "pq/deadline.h"
#include "testing/server_folder.h"

namespace bxb::testing {

/// The server's processes: the postmaster, a child of this process, and the postmaster's own children.
class Postmaster {
 public:
  Postmaster(std::string program, ServerFolder folder);
  Postmaster(const Postmaster&) = delete;
  Postmaster& operator=(const Postmaster&) = delete;

  /// Waits for a postmaster that the guard has killed, so that no zombie is left.
  ~Postmaster();

  /// Returns when the server answers queries. Otherwise the error carries the end of its log.
  absl::Status Start(pq::Deadline deadline);

  /// A fast shutdown; nothing to do where none runs.
  absl::Status Stop(pq::Deadline deadline);

  /// SIGKILL to all processes at once; returns when they are gone.
  absl::Status Kill(pq::Deadline deadline);

  absl::Status Freeze();
  absl::Status Thaw();

  pid_t pid() const { return pid_; }  ///< 0 while stopped

 private:
  absl::Status WaitUntilReady(pq::Deadline deadline);
  bool IsReady() const;
  absl::Status WithLog(std::string_view what) const;

  const std::string program_;
  const ServerFolder folder_;
  pid_t pid_ = 0;
};

}  // namespace bxb::testing
