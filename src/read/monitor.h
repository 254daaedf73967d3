#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pq/connection.h"
#include "pq/interrupt.h"
#include "read/probe.h"

namespace bxb::read {

/// A thread that asks one server again and again where it is, over a connection of its own. The destructor cuts a check
/// short that is under way, and waits for the thread.
class Monitor {
 public:
  struct Settings {
    std::string thread_name;
    absl::Duration timeout;                    ///< of one check, connecting included
    std::function<absl::Duration()> interval;  ///< from the start of a check to that of the next
    std::function<absl::StatusOr<pq::Connection>(pq::Deadline, const pq::Interrupt*)> connect;
    std::function<void(const absl::StatusOr<Observation>&, pq::Deadline asked)> report;
  };

  explicit Monitor(Settings settings);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// The interval may have become shorter; with `at_once` the next check begins right away.
  void Wake(bool at_once);

 private:
  void Run();
  void Check();
  absl::StatusOr<Observation> Ask(pq::Deadline deadline, pq::Deadline& asked);

  const Settings settings_;
  pq::Interrupt stopping_;
  std::optional<pq::Connection> connection_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  bool at_once_ = false;
  std::thread thread_;
};

}  // namespace bxb::read
