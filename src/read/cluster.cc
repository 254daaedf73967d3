#include "bxb/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "read/cluster_engine.h"
#include "wire/status_text.h"

namespace bxb {
namespace {

std::string Shown(absl::Duration duration) {
  const bool small = duration < absl::Milliseconds(10);
  return absl::FormatDuration(absl::Trunc(duration, small ? absl::Microseconds(10) : absl::Milliseconds(1)));
}

std::string Shown(const std::optional<absl::Duration>& duration) { return duration ? Shown(*duration) : "-"; }

std::string NameOf(const EndpointState& state) {
  return state.label.empty() ? state.name : fmt::format("{} ({})", state.name, state.label);
}

std::string HealthOf(const EndpointState& state) {
  if (!state.healthy) return fmt::format("lost: {}", wire::Text(state.status));
  return state.on_timeline ? "ok" : "on another timeline";
}

}  // namespace

Cluster::Cluster(std::unique_ptr<internal::ClusterEngine> engine) : engine_(std::move(engine)) {}
Cluster::~Cluster() = default;

absl::StatusOr<std::shared_ptr<Cluster>> Cluster::Open(const ClusterOptions& options) {
  auto engine = internal::ClusterEngine::Open(options);
  if (!engine.ok()) return engine.status();
  return std::shared_ptr<Cluster>(new Cluster(*std::move(engine)));
}

ClusterSnapshot Cluster::snapshot() const { return engine_->snapshot(); }

std::string_view Name(ClusterEvent::Kind kind) {
  switch (kind) {
    case ClusterEvent::Kind::kLost:
      return "lost";
    case ClusterEvent::Kind::kBack:
      return "back";
    case ClusterEvent::Kind::kPromoted:
      return "promoted";
    case ClusterEvent::Kind::kDemoted:
      return "demoted";
    case ClusterEvent::Kind::kLeftBehind:
      return "left behind";
    case ClusterEvent::Kind::kContested:
      return "contested";
  }
  return "unknown";
}

std::string_view Name(EndpointState::Role role) {
  switch (role) {
    case EndpointState::Role::kPrimary:
      return "primary";
    case EndpointState::Role::kStandby:
      return "standby";
    case EndpointState::Role::kUnknown:
      break;
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const ClusterEvent& event) {
  out << event.endpoint << ' ' << Name(event.kind);
  return event.detail.empty() ? out : out << ": " << event.detail;
}

std::ostream& operator<<(std::ostream& out, const ClusterSnapshot& snapshot) {
  std::size_t width = 6;
  for (const EndpointState& state : snapshot.endpoints) width = std::max(width, NameOf(state).size());
  out << fmt::format("{:{}}  {:8}{:>8}  {:14}{:>10}{:>10}{:>10}{:>10}  health\n", "server", width, "role", "timeline",
                     "position", "lag bytes", "lag", "latency", "age");
  for (const EndpointState& state : snapshot.endpoints) {
    out << fmt::format("{:{}}  {:8}{:>8}  {:14}{:>10}{:>10}{:>10}{:>10}  {}\n", NameOf(state), width, Name(state.role),
                       state.timeline, state.position.ToString(),
                       state.lag_bytes ? fmt::to_string(*state.lag_bytes) : "-", Shown(state.lag), Shown(state.latency),
                       Shown(state.age), HealthOf(state));
  }
  if (!snapshot.contested) return out;
  return out << fmt::format("timeline {} is contested: several servers have been primaries on it\n", snapshot.timeline);
}

}  // namespace bxb
