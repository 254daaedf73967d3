#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/lsn.h"

namespace bxb {

/// One server of a cluster, before it is known what it is.
struct Endpoint {
  std::string dsn = {};    ///< a libpq connection string or URI with one host
  std::string label = {};  ///< where it is, in the caller's words ("eu-west-1a"), for ReadPolicy::kNearest
};

/// Something that happened to an endpoint.
struct ClusterEvent {
  enum class Kind : std::uint8_t {
    kLost,        ///< a check failed or took too long
    kBack,        ///< it answers again, or is a standby on the primary's timeline again
    kPromoted,    ///< a standby has become the primary
    kDemoted,     ///< a primary has become a standby, or there is a primary on a later timeline now
    kLeftBehind,  ///< a standby is not on the latest timeline any more, or has yet to follow: it serves no reads
    kContested,   ///< a second primary on the timeline of the first; see ClusterSnapshot::contested. Told once
  };

  Kind kind = Kind::kLost;
  std::string endpoint = {};  ///< EndpointState::name
  std::string detail = {};    ///< for people: the error, the timelines, the other server
};

std::string_view Name(ClusterEvent::Kind kind);  ///< "lost", "left behind" …
std::ostream& operator<<(std::ostream& out, const ClusterEvent& event);

/// Receives events, one at a time, on a thread of the cluster's. Keep it short: meanwhile one of the endpoints is not
/// checked. It may ask for a snapshot; it must not destroy the cluster, and must not throw.
using ClusterEventHook = std::function<void(const ClusterEvent&)>;

/// Settings of a Cluster: either `dsn` or `endpoints`.
struct ClusterOptions {
  /// A libpq connection string or URI; each of its hosts is an endpoint, without a label. target_session_attrs is of no
  /// effect here. A name that stands for several addresses is one endpoint: list the servers one by one.
  std::string dsn = {};
  std::vector<Endpoint> endpoints = {};

  /// How often each endpoint is asked for its role and position. While a read waits for a position, more often. Also
  /// how old the knowledge is that staleness is reckoned by: bounds below it are seldom met by a replica. 10 ms … 1
  /// minute.
  absl::Duration check_interval = absl::Milliseconds(250);

  /// How long one check may take, connecting included, before the endpoint counts as lost. 10 ms … 1 minute. A server
  /// that is too busy to answer in that time loses its reads that have not given a row yet, where another one may serve
  /// reads: they begin anew there. A server that is alone keeps them.
  ///
  /// The lookup of a host name is outside of all deadlines, as libpq cannot be interrupted in it, and the destructor
  /// waits for it: give hostaddr where the name service may hang.
  absl::Duration check_timeout = absl::Seconds(1);

  ClusterEventHook on_event = {};

  /// What pg_stat_activity shows for the checks' connections, unless the dsn says otherwise.
  std::string application_name = "bxb-monitor";
};

/// What is known of one endpoint.
struct EndpointState {
  enum class Role : std::uint8_t { kUnknown, kPrimary, kStandby };

  std::string name = {};  ///< "host:port", or the socket's folder and port; never a password
  std::string label = {};
  Role role = Role::kUnknown;  ///< as it said last
  bool healthy = false;        ///< its last check was answered in time
  absl::Status status = {};    ///< why it is not healthy

  std::uint32_t timeline = 0;  ///< 0: not known yet
  bool on_timeline = false;    ///< the primary's; others serve no reads: they have gone another way, or are behind
  Lsn position = {};           ///< a standby: replayed up to here; a primary: flushed up to here

  /// Behind the primary; nullopt where that is not known (no primary seen, another timeline, a contested one) or, for
  /// the time, more than what is remembered of it (10 minutes). In time: how long ago the primary was where this
  /// standby is now, by one clock, that of this process. Zero on a standby that has all the primary had when it was
  /// last asked.
  std::optional<std::uint64_t> lag_bytes = {};
  std::optional<absl::Duration> lag = {};

  absl::Duration latency = absl::InfiniteDuration();  ///< of a check: a moving average
  std::optional<absl::Duration> age = {};             ///< since the last answer; nullopt: there was none yet
};

std::string_view Name(EndpointState::Role role);  ///< "unknown", "primary", "standby"

/// All endpoints at one moment, in the order of the options.
struct ClusterSnapshot {
  std::vector<EndpointState> endpoints = {};
  std::optional<std::size_t> primary = {};  ///< its index; the one on the latest timeline where there are several
  std::uint32_t timeline = 0;               ///< the latest that any of them is on, as far as known; 0: none yet

  /// Two servers have been primaries on that timeline, at the same time or in turn, as they are when they are promoted
  /// apart: their timelines are two histories with one number. Until a later timeline is seen, reads with
  /// max_staleness, max_lag_bytes or a token of this timeline (or of none) find no server; reads without such bounds go
  /// on, on either history. To end it, make the wrong one anew from the right one and open the Cluster again. A primary
  /// that is restarted contests nothing, nor does one that is listed twice.
  bool contested = false;
};

/// A table for people.
std::ostream& operator<<(std::ostream& out, const ClusterSnapshot& snapshot);

namespace internal {
class ClusterEngine;
}

/// Watches the servers of one PostgreSQL cluster: a primary, its physical streaming standbys, cascading ones too, or a
/// primary alone. A thread for each endpoint ("bxb-monitor-0" …) asks it for its role, timeline and position over a
/// connection of its own, with a hard deadline, so that none that is paused, slow, dead or hanging holds up the others.
///
/// Lag is reckoned in the log, not by clocks: the positions of the primary are remembered with the moments at which it
/// was asked, and a standby is as far behind as the moment of the last one that it has replayed. An idle primary has no
/// lag, and clocks that differ do not matter.
///
/// The latest timeline that any server has been seen on is the cluster's for as long as this object lives. So a standby
/// that is promoted by mistake and taken down again leaves the others without reads, whose errors name both timelines:
/// make it anew from the right primary, or open the Cluster again.
///
/// Privileges: the role needs none but CONNECT. With pg_read_all_stats (or pg_monitor) a standby's timeline is known as
/// soon as it follows a promoted primary; without, only at its next restart point, and until then it serves no reads.
///
/// Thread safety: all members, from any thread. The destructor ends the threads; checks under way are cut short.
class Cluster {
 public:
  /// Starts watching, and waits until each endpoint has answered or failed once, at most check_timeout. Errors:
  /// InvalidArgument names the option at fault, or says that endpoints belong to different clusters (their system
  /// identifiers differ); where none has answered, Unavailable names every endpoint with its reason, or
  /// Unauthenticated, NotFound (no such database) or PermissionDenied where that is what all of them say.
  static absl::StatusOr<std::shared_ptr<Cluster>> Open(const ClusterOptions& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  ClusterSnapshot snapshot() const;

  /// For this library's own use.
  internal::ClusterEngine& engine() { return *engine_; }

 private:
  explicit Cluster(std::unique_ptr<internal::ClusterEngine> engine);
  std::unique_ptr<internal::ClusterEngine> engine_;
};

}  // namespace bxb
