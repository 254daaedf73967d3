#include "read/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace bxb::read {
namespace {

using Role = EndpointState::Role;
using Kind = ClusterEvent::Kind;

// The newest of about five checks counts as much as all before it.
constexpr double kLatencyWeight = 0.2;

absl::Duration Smooth(absl::Duration before, absl::Duration now) {
  return before == absl::InfiniteDuration() ? now : before * (1 - kLatencyWeight) + now * kLatencyWeight;
}

std::string Rounded(absl::Duration duration) {
  return absl::FormatDuration(
      absl::Trunc(duration, duration < absl::Seconds(1) ? absl::Microseconds(100) : absl::Milliseconds(10)));
}

}  // namespace

Topology::Topology(std::vector<EndpointState> endpoints) {
  for (EndpointState& endpoint : endpoints) servers_.push_back({.state = std::move(endpoint)});
}

Topology::Events Topology::Answered(std::size_t server, const Observation& seen, Time asked, Time answered) {
  EndpointState& state = servers_[server].state;
  const bool same_life = servers_[server].started == seen.started;
  // A standby's timeline may be told late, when what receives its log is not there: it has not gone back.
  const std::uint32_t timeline = same_life ? std::max(state.timeline, seen.timeline) : seen.timeline;
  const Role role = seen.standby ? Role::kStandby : Role::kPrimary;
  Events events = Changes(server, role, timeline);
  const bool promoted = same_life && state.role == Role::kStandby && role == Role::kPrimary;
  // A promotion adds one at least, and exactly one only where the standby's timeline was not told late.
  const bool parted = promoted && timeline == state.timeline + 1;
  const ReadToken replayed(state.position, state.timeline);
  if (primary_ == server && (role == Role::kStandby || !same_life)) Depose();
  servers_[server].started = seen.started;
  servers_[server].answered = answered;
  state.role = role;
  state.healthy = true;
  state.status = absl::OkStatus();
  state.timeline = timeline;
  state.position = seen.position;
  state.latency = Smooth(state.latency, absl::FromChrono(answered - asked));
  if (const std::uint32_t latest = LatestTimeline(); latest != timeline_) Turn(latest);
  if (role == Role::kPrimary && timeline == timeline_) LearnPrimary(server, asked);
  if (parted && primary_ == server) parting_ = replayed;
  return events;
}

Topology::Events Topology::Changes(std::size_t server, EndpointState::Role role, std::uint32_t timeline) const {
  const auto& [state, started, answered] = servers_[server];
  Events events;
  if (!state.status.ok()) events.push_back({Kind::kBack, state.name, std::string(Name(role))});
  if (state.role == Role::kStandby && role == Role::kPrimary) {
    events.push_back({Kind::kPromoted, state.name, fmt::format("timeline {}", timeline)});
  }
  if (state.role == Role::kPrimary && role == Role::kStandby) {
    events.push_back({Kind::kDemoted, state.name, "a standby now"});
  }
  if (timeline > timeline_ && primary_ && primary_ != server) {
    const std::string detail = fmt::format("{} is on timeline {}", state.name, timeline);
    events.push_back({Kind::kDemoted, servers_[*primary_].state.name, detail});
  }
  return events;
}

// Of those that are lost too: a primary that is away for a moment does not bring the one before it back. Only a new
// life on an earlier timeline takes its word back, as that of a standby that was promoted by mistake and made anew.
std::uint32_t Topology::LatestTimeline() const {
  std::uint32_t latest = 0;
  for (const Server& server : servers_) latest = std::max(latest, server.state.timeline);
  return latest;
}

void Topology::Turn(std::uint32_t timeline) {
  timeline_ = timeline;
  Supersede();
}

// Another primary has another history, whatever its timeline's number is.
void Topology::Supersede() {
  first_seen_.reset();
  parting_.reset();
  Depose();
}

// A primary that has crashed may have lost the end of a log that had been seen: the history begins anew.
void Topology::Depose() {
  primary_.reset();
  history_.Clear();
}

void Topology::LearnPrimary(std::size_t server, Time asked) {
  if (primary_ && *primary_ != server && servers_[*primary_].state.healthy) return;
  if (primary_ && *primary_ != server) Supersede();
  primary_ = server;
  const Lsn position = servers_[server].state.position;
  if (!first_seen_) first_seen_ = position;
  history_.Add(asked, position);
}

std::optional<Lsn> Topology::CommonWith(std::uint32_t timeline) const {
  if (!parting_ || parting_->timeline != timeline) return std::nullopt;
  return parting_->lsn;
}

Topology::Events Topology::Failed(std::size_t server, const absl::Status& why) {
  EndpointState& state = servers_[server].state;
  const bool news = state.healthy || state.status.ok();
  state.healthy = false;
  state.status = why;
  if (!news) return {};
  return {{Kind::kLost, state.name, std::string(why.message())}};
}

// What the old timeline had beyond the promotion is lost: nobody can be waited for who has it.
bool Topology::Reaches(Lsn position, const ReadToken& token) const {
  if (token.empty()) return true;
  if (token.timeline > timeline_) return false;
  const bool older = token.timeline != 0 && token.timeline < timeline_;
  return position >= (older && first_seen_ ? std::min(token.lsn, *first_seen_) : token.lsn);
}

std::optional<absl::Duration> Topology::Staleness(Lsn position, Time now) const {
  const auto complete = history_.CompleteSince(position);
  if (!complete) return std::nullopt;
  return std::max(absl::ZeroDuration(), absl::FromChrono(now - *complete));
}

bool Topology::Qualifies(std::size_t server, const Bounds& bounds, Time now) const {
  const auto& [state, started, answered] = servers_[server];
  if (!state.healthy || state.timeline != timeline_) return false;
  const bool standby = state.role == Role::kStandby;
  // A primary has gone on since it was asked; it will say itself whether it has come that far.
  if (!standby) return primary_ == server && bounds.at_least.timeline <= timeline_;
  return Qualifies(server, {.standby = true, .position = state.position, .timeline = timeline_, .started = started},
                   bounds, now);
}

bool Topology::Qualifies(std::size_t server, const Observation& seen, const Bounds& bounds, Time now) const {
  const auto& [state, started, answered] = servers_[server];
  if (seen.standby != (state.role == Role::kStandby) || seen.started != started || state.timeline != timeline_) {
    return false;
  }
  if (!Reaches(seen.position, bounds.at_least)) return false;
  if (!seen.standby) return primary_ == server && seen.timeline == timeline_;
  if (bounds.max_staleness) {
    const auto staleness = Staleness(seen.position, now);
    if (!staleness || *staleness > *bounds.max_staleness) return false;
  }
  if (!bounds.max_lag_bytes) return true;
  const Lsn last = history_.last();
  return last != Lsn{} && (seen.position >= last || last.value - seen.position.value <= *bounds.max_lag_bytes);
}

std::string Topology::Shortcoming(std::size_t server, const Bounds& bounds, Time now) const {
  const EndpointState& state = servers_[server].state;
  if (!state.healthy) return fmt::format("{} is lost: {}", state.name, std::string(state.status.message()));
  if (state.timeline != timeline_) {
    return fmt::format("{} is on timeline {}, not {}", state.name, state.timeline, timeline_);
  }
  if (state.role == Role::kPrimary) {
    return primary_ == server ? fmt::format("{} is the primary, at {}", state.name, state.position.ToString())
                              : fmt::format("{} is a second primary", state.name);
  }
  std::string text = fmt::format("{} has replayed {}", state.name, state.position.ToString());
  if (!Reaches(state.position, bounds.at_least)) text += fmt::format(", not {}", bounds.at_least.ToString());
  const Lsn last = history_.last();
  if (last > state.position) text += fmt::format(", lags {} bytes", last.value - state.position.value);
  const auto staleness = Staleness(state.position, now);
  return text + (staleness ? fmt::format(", is {} old", Rounded(*staleness)) : ", is of unknown age");
}

void Topology::FillLag(EndpointState& state, Time answered) const {
  const Lsn last = history_.last();
  if (last == Lsn{}) return;
  if (state.position >= last) {
    state.lag_bytes = 0;
    state.lag = absl::ZeroDuration();
    return;
  }
  state.lag_bytes = last.value - state.position.value;
  state.lag = Staleness(state.position, answered);
}

ClusterSnapshot Topology::Snapshot(Time now) const {
  ClusterSnapshot snapshot = {.primary = primary_, .timeline = timeline_};
  for (const auto& [state, started, answered] : servers_) {
    EndpointState shown = state;
    shown.on_timeline = state.timeline != 0 && state.timeline == timeline_;
    if (answered) shown.age = absl::FromChrono(now - *answered);
    if (answered && shown.on_timeline) FillLag(shown, *answered);
    snapshot.endpoints.push_back(std::move(shown));
  }
  return snapshot;
}

}  // namespace bxb::read
