#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bxb/cluster.h"
#include "pq/deadline.h"
#include "read/bounds.h"
#include "read/lsn_history.h"
#include "read/probe.h"

namespace bxb::read {

/// What all checks so far say of a cluster: who is the primary, on which timeline, and who has replayed how much of it.
/// The latest timeline that any server is on, or was when it was lost, is the cluster's; those on another one have gone
/// another way, or have yet to follow. Thread-compatible, and waits for nothing: the clock is the caller's.
///
/// A timeline of which two servers have been primaries is contested: its number stands for two histories, so nothing
/// can be said of positions on it, until a later timeline is seen.
class Topology {
 public:
  using Time = pq::Deadline;
  using Events = std::vector<ClusterEvent>;

  /// `endpoints` have names and labels, and nothing else yet.
  explicit Topology(std::vector<EndpointState> endpoints);

  /// A check's end; returns what has happened by that.
  Events Answered(std::size_t server, const Observation& seen, Time asked, Time answered);
  Events Failed(std::size_t server, const absl::Status& why);

  /// Whether it may serve a read with these bounds that is sent now. What it has seen last counts.
  bool Qualifies(std::size_t server, const Bounds& bounds, Time now) const;

  /// The same for a server that says itself where it is.
  bool Qualifies(std::size_t server, const Observation& seen, const Bounds& bounds, Time now) const;

  /// Why it does not, for people.
  std::string Shortcoming(std::size_t server, const Bounds& bounds, Time now) const;

  /// Everything committed this long before `now` is on a standby that has replayed up to `position`; nullopt where that
  /// is not known.
  std::optional<absl::Duration> Staleness(Lsn position, Time now) const;

  const EndpointState& endpoint(std::size_t server) const { return servers_[server].state; }
  std::size_t size() const { return servers_.size(); }
  std::uint32_t timeline() const { return timeline_; }
  std::optional<std::size_t> primary() const { return primary_; }

  /// A position up to which the present timeline has everything of an earlier one: what its primary was seen to have
  /// replayed of that when it was a standby. nullopt where that was not seen, or either timeline is contested.
  std::optional<Lsn> CommonWith(std::uint32_t timeline) const;

  ClusterSnapshot Snapshot(Time now) const;

 private:
  struct Server {
    EndpointState state = {};
    std::string started = {};
    std::optional<Time> answered = {};
    bool astray = false;  ///< on another timeline, as far as has been told
  };

  /// One that has been the primary of the present timeline, from its start to its end.
  struct Life {
    std::size_t server;
    std::string started;

    friend bool operator==(const Life&, const Life&) = default;
  };

  Events Changes(std::size_t server, EndpointState::Role role, std::uint32_t timeline) const;
  std::string Standing(std::size_t server) const;
  void TellOfStandbys(Events& events);
  std::uint32_t LatestTimeline() const;
  void Turn(std::uint32_t timeline);
  void Supersede();
  void Depose();
  void LearnPrimary(std::size_t server, Time asked);
  void LearnLife(std::size_t server, Events& events);
  bool Disputed(const Bounds& bounds) const;
  std::string ContestText() const;
  bool IsDeserted() const;
  bool Reaches(Lsn position, const ReadToken& token) const;
  void FillLag(EndpointState& state, Time answered) const;

  std::vector<Server> servers_;
  std::uint32_t timeline_ = 0;
  std::optional<std::size_t> primary_;  ///< the last one seen on that timeline
  LsnHistory history_;                  ///< of that timeline
  std::optional<Lsn> first_seen_;       ///< where its primary was when it was seen there first: behind the promotion
  std::optional<ReadToken> parting_;    ///< what the promoted server had replayed of the timeline before
  std::vector<Life> lives_;             ///< all that have been primaries on that timeline, the first one first
  std::optional<std::pair<std::size_t, std::size_t>> contest_;  ///< two servers of them that are rivals
};

}  // namespace bxb::read
