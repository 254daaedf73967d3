#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bxb/cluster.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "pq/deadline.h"

namespace bxb::testing {

/// Asks again until it is so, for 30 seconds at most; returns whether it is.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = pq::After(absl::Seconds(30));
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

template <class Printed>
std::string Text(const Printed& printed) {
  std::ostringstream out;
  out << printed;
  return out.str();
}

/// Everything that a cluster tells. Thread-safe.
class EventLog {
 public:
  ClusterEventHook hook() {
    return [this](const ClusterEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
  }

  int Count(ClusterEvent::Kind kind, const std::string& endpoint) const {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const ClusterEvent& event : events_) count += event.kind == kind && event.endpoint == endpoint ? 1 : 0;
    return count;
  }

  /// All of them, one a line.
  std::string text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const ClusterEvent& event : events_) text += Text(event) + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ClusterEvent> events_;
};

/// What EndpointState::name says of a server on its unix socket.
inline std::string NameOf(const EphemeralPostgres& server) { return server.dir() + ":5432"; }

/// Watches often; for what tells of it, see `check_timeout`.
inline ClusterOptions Watching(std::vector<Endpoint> endpoints) {
  return {.endpoints = std::move(endpoints),
          .check_interval = absl::Milliseconds(50),
          .check_timeout = absl::Milliseconds(500)};
}

}  // namespace bxb::testing
