#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pq/connection.h"
#include "pq/interrupt.h"
#include "read/cluster_engine.h"

namespace bxb::read {

/// A connection to one server, on loan from a pool.
struct Session {
  pq::Connection connection;
  std::shared_ptr<const pq::Interrupt> lost;  ///< what the connection watches until it has its first row
  absl::Duration statement_timeout;           ///< the role's own; infinite: none
  bool reused = false;                        ///< it was idle, and may have been closed by the server meanwhile
};

/// The connections of a reader to one server: at most so many, opened when they are needed. Thread-safe.
class SessionPool {
 public:
  struct Settings {
    std::string application_name;
    absl::Duration connect_timeout;
    int sessions;
  };

  /// The cluster must outlive the pool.
  SessionPool(const Settings& settings, const internal::ClusterEngine& cluster, std::size_t server);

  /// Waits for one to be free where there are enough already: Unavailable when the server is lost meanwhile. Give it
  /// back, whatever has become of it.
  absl::StatusOr<Session> Take(pq::Deadline deadline);
  void GiveBack(Session session);

  /// Hangs up on those that nobody has taken.
  void DropIdle();

  int open() const;   ///< free or taken
  int taken() const;  ///< or being opened
  bool is_full() const { return taken() >= settings_.sessions; }

 private:
  absl::Status AwaitFree(std::unique_lock<std::mutex>& lock, pq::Deadline deadline);
  std::optional<Session> TakeIdle(std::vector<Session>& stale);
  absl::StatusOr<Session> Connect(pq::Deadline deadline);

  const Settings settings_;
  const internal::ClusterEngine& cluster_;
  const std::size_t server_;

  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Session> idle_;
  int taken_ = 0;
};

}  // namespace bxb::read
