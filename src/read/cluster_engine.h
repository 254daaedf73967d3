#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/cluster.h"
#include "pq/connection.h"
#include "pq/hosts.h"
#include "pq/interrupt.h"
#include "read/bounds.h"
#include "read/monitor.h"
#include "read/probe.h"
#include "read/topology.h"

namespace bxb::read {

/// A server that may be chosen for a read.
struct Candidate {
  std::size_t server;
  bool primary;
  bool qualifies;
  bool may_qualify;  ///< it is up, and may come to in a moment
  absl::Duration latency;
};

}  // namespace bxb::read

namespace bxb::internal {

/// The part of a Cluster that readers see: what is known of each server, and waiting for it to change. Thread-safe.
class ClusterEngine {
 public:
  using Time = pq::Deadline;

  static absl::StatusOr<std::unique_ptr<ClusterEngine>> Open(const ClusterOptions& options);
  ~ClusterEngine();
  ClusterEngine(const ClusterEngine&) = delete;
  ClusterEngine& operator=(const ClusterEngine&) = delete;

  std::size_t size() const { return addresses_.size(); }
  const std::string& name(std::size_t server) const { return addresses_[server].name; }
  const std::string& label(std::size_t server) const { return addresses_[server].label; }
  absl::StatusOr<pq::Connection> Connect(std::size_t server, const std::string& application_name, Time deadline,
                                         const pq::Interrupt* interrupt) const;

  /// All servers, judged by these bounds for a read that is sent now. `version` is what AwaitNews wants.
  struct View {
    std::vector<read::Candidate> candidates;
    std::uint64_t version;
  };
  View Look(const read::Bounds& bounds) const;

  /// Returns when something has been learnt since that version, or the deadline has passed; meanwhile servers are asked
  /// more often.
  void AwaitNews(std::uint64_t version, Time deadline);

  /// Whether a server that says itself where it is may serve a read that was sent at `sent`.
  bool Confirms(std::size_t server, const read::Observation& seen, const read::Bounds& bounds, Time sent) const;

  /// Why none will do, server by server, for people; what holds for several is said once.
  std::string Shortcomings(const read::Bounds& bounds) const;

  /// A read has failed there: ask it soon.
  void Suspect(std::size_t server);

  /// Set when the server is lost from now on and another one may serve reads; another signal then for the time after.
  std::shared_ptr<pq::Interrupt> lost_signal(std::size_t server) const;

  std::optional<absl::Duration> Staleness(Lsn position, Time now) const;
  std::uint32_t timeline() const;
  std::optional<Lsn> CommonWith(std::uint32_t timeline) const;
  ClusterSnapshot snapshot() const;

 private:
  struct Address {
    std::string dsn;
    pq::Host host;
    std::string name;
    std::string label;
  };

  explicit ClusterEngine(const ClusterOptions& options, std::vector<Address> addresses);
  static absl::StatusOr<std::vector<Address>> AddressesOf(const ClusterOptions& options);
  static std::vector<EndpointState> StatesOf(const std::vector<Address>& addresses);
  absl::Status AwaitFirstAnswers();
  void Report(std::size_t server, const absl::StatusOr<read::Observation>& seen, Time asked);
  absl::StatusOr<pq::Connection> ConnectMonitor(std::size_t server, Time deadline, const pq::Interrupt* interrupt);
  bool HasAnother(std::size_t server) const;
  absl::Status CheckSystem(std::size_t server, const std::string& system);
  void Tell();
  absl::Duration IntervalNow() const;

  const ClusterOptions options_;
  const std::vector<Address> addresses_;

  mutable std::mutex mutex_;
  std::condition_variable news_;
  read::Topology topology_;
  std::uint64_t version_ = 0;
  std::vector<bool> heard_;  ///< of whom, good or bad
  std::string system_;       ///< of the first who answered
  absl::Status stranger_;    ///< the last one that has another
  std::vector<std::shared_ptr<pq::Interrupt>> lost_;
  std::deque<ClusterEvent> untold_;
  bool telling_ = false;  ///< a thread is in the hook
  std::atomic<int> waiting_ = 0;

  std::vector<std::unique_ptr<read::Monitor>> monitors_;  // last, to go first
};

}  // namespace bxb::internal
