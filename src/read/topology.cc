#include "read/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "wire/status_text.h"

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
  const bool expected = servers_[server].answered && state.status.ok();
  const bool contested = contest_.has_value();
  Events changes = Changes(server, role, timeline);
  const bool promoted = same_life && state.role == Role::kStandby && role == Role::kPrimary;
  // A promotion adds one at least, and exactly one only where the standby's timeline was not told late.
  const bool parted = promoted && timeline == state.timeline + 1 && !contested;
  const ReadToken replayed(state.position, state.timeline);
  if (primary_ == server && (role == Role::kStandby || !same_life)) Depose();
  servers_[server].started = seen.started;
  servers_[server].answered = answered;
  state.role = role;
  const bool lost = !std::exchange(state.status, absl::OkStatus()).ok();
  state.healthy = true;
  state.timeline = timeline;
  state.position = seen.position;
  state.latency = Smooth(state.latency, absl::FromChrono(answered - asked));
  if (const std::uint32_t latest = LatestTimeline(); latest != timeline_) Turn(latest);
  if (!expected) servers_[server].astray = timeline != timeline_;
  Events events;
  if (lost) events.push_back({Kind::kBack, state.name, Standing(server)});
  std::ranges::move(changes, std::back_inserter(events));
  TellOfStandbys(events);
  if (role == Role::kPrimary && timeline == timeline_) {
    LearnLife(server, events);
    LearnPrimary(server, asked);
  }
  if (parted && primary_ == server) parting_ = replayed;
  return events;
}

Topology::Events Topology::Changes(std::size_t server, EndpointState::Role role, std::uint32_t timeline) const {
  const EndpointState& state = servers_[server].state;
  Events events;
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

std::string Topology::Standing(std::size_t server) const {
  const EndpointState& state = servers_[server].state;
  if (state.timeline == timeline_) return std::string(Name(state.role));
  return fmt::format("{}, on timeline {}, not {}", Name(state.role), state.timeline, timeline_);
}

// Of those who serve reads no more, or again: one server's answer may turn the timeline for all. What becomes of
// primaries is told as promotions and demotions.
void Topology::TellOfStandbys(Events& events) {
  for (Server& server : servers_) {
    const EndpointState& state = server.state;
    if (!state.healthy) continue;
    const bool astray = state.timeline != timeline_;
    if (std::exchange(server.astray, astray) == astray || state.role != Role::kStandby) continue;
    if (astray) {
      const std::string detail = fmt::format("on timeline {}, not {}", state.timeline, timeline_);
      events.push_back({Kind::kLeftBehind, state.name, detail});
    } else {
      events.push_back({Kind::kBack, state.name, std::string(Name(state.role))});
    }
  }
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
  lives_.clear();
  contest_.reset();
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

// A promotion begins a new timeline, but those of two servers that are promoted apart have the same number. A primary
// may be restarted, and may be listed under two names.
void Topology::LearnLife(std::size_t server, Events& events) {
  const Life life = {server, servers_[server].started};
  if (std::ranges::find(lives_, life) != lives_.end()) return;
  const bool same = std::ranges::any_of(
      lives_, [&](const Life& other) { return other.server == server || other.started == life.started; });
  if (!lives_.empty() && !same && !contest_) {
    contest_ = {lives_.front().server, server};
    events.push_back({Kind::kContested, servers_[server].state.name, ContestText()});
  }
  lives_.push_back(life);
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
  if (contest_ || !parting_ || parting_->timeline != timeline) return std::nullopt;
  return parting_->lsn;
}

Topology::Events Topology::Failed(std::size_t server, const absl::Status& why) {
  EndpointState& state = servers_[server].state;
  const bool news = state.healthy || state.status.ok();
  state.healthy = false;
  state.status = why;
  if (!news) return {};
  return {{Kind::kLost, state.name, wire::Text(why)}};
}

// A token of an earlier timeline is one of what all have in common, or of what is lost.
bool Topology::Disputed(const Bounds& bounds) const {
  if (!contest_) return false;
  const ReadToken& token = bounds.at_least;
  const bool has_token = !token.empty() && (token.timeline == 0 || token.timeline == timeline_);
  return has_token || bounds.max_staleness || bounds.max_lag_bytes;
}

std::string Topology::ContestText() const {
  return fmt::format("{} and {} are both primaries on timeline {}", servers_[contest_->first].state.name,
                     servers_[contest_->second].state.name, timeline_);
}

// All that have come to the timeline are lost, and others are there.
bool Topology::IsDeserted() const {
  const auto healthy = [](const Server& server) { return server.state.healthy; };
  const auto follows = [&](const Server& server) { return healthy(server) && server.state.timeline == timeline_; };
  return std::ranges::any_of(servers_, healthy) && std::ranges::none_of(servers_, follows);
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
  if (contest_ || !complete) return std::nullopt;
  return std::max(absl::ZeroDuration(), absl::FromChrono(now - *complete));
}

bool Topology::Qualifies(std::size_t server, const Bounds& bounds, Time now) const {
  const EndpointState& state = servers_[server].state;
  if (!state.healthy || state.timeline != timeline_ || Disputed(bounds)) return false;
  const bool standby = state.role == Role::kStandby;
  // A primary has gone on since it was asked; it will say itself whether it has come that far.
  if (!standby) return primary_ == server && bounds.at_least.timeline <= timeline_;
  return Qualifies(
      server, {.standby = true, .position = state.position, .timeline = timeline_, .started = servers_[server].started},
      bounds, now);
}

bool Topology::Qualifies(std::size_t server, const Observation& seen, const Bounds& bounds, Time now) const {
  const EndpointState& state = servers_[server].state;
  const bool same = seen.standby == (state.role == Role::kStandby) && seen.started == servers_[server].started;
  if (!same || state.timeline != timeline_ || Disputed(bounds)) return false;
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
  if (!state.healthy) {
    std::string text = fmt::format("{} is lost: {}", state.name, wire::Text(state.status));
    if (state.timeline != timeline_ || !IsDeserted()) return text;
    return text +
           fmt::format(
               " (timeline {} is only there: where it was begun by mistake, make this server anew from the right "
               "primary, or open the Cluster again)",
               timeline_);
  }
  if (state.timeline != timeline_) {
    return fmt::format("{} is on timeline {}, not {}", state.name, state.timeline, timeline_);
  }
  if (Disputed(bounds)) return ContestText();
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
  if (contest_ || last == Lsn{}) return;
  if (state.position >= last) {
    state.lag_bytes = 0;
    state.lag = absl::ZeroDuration();
    return;
  }
  state.lag_bytes = last.value - state.position.value;
  state.lag = Staleness(state.position, answered);
}

ClusterSnapshot Topology::Snapshot(Time now) const {
  ClusterSnapshot snapshot = {.primary = primary_, .timeline = timeline_, .contested = contest_.has_value()};
  for (const Server& server : servers_) {
    EndpointState shown = server.state;
    shown.on_timeline = shown.timeline != 0 && shown.timeline == timeline_;
    if (server.answered) shown.age = absl::FromChrono(now - *server.answered);
    if (server.answered && shown.on_timeline) FillLag(shown, *server.answered);
    snapshot.endpoints.push_back(std::move(shown));
  }
  return snapshot;
}

}  // namespace bxb::read
