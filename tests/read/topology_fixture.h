#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "read/topology.h"

namespace bxb::read {

constexpr std::size_t kA = 0, kB = 1, kC = 2;

using Happened = std::vector<std::string>;

/// Three servers and a clock that stands still unless it is told. What has happened is collected as "b promoted".
class TopologyOfThree : public ::testing::Test {
 protected:
  void Pass(int time) { now_ += std::chrono::milliseconds(time); }

  void Primary(std::size_t server, std::uint64_t position, std::uint32_t timeline = 1) {
    Answer(server, {.standby = false, .position = {position}, .timeline = timeline});
  }

  void Standby(std::size_t server, std::uint64_t position, std::uint32_t timeline = 1) {
    Answer(server, {.standby = true, .position = {position}, .timeline = timeline});
  }

  void Restart(std::size_t server) { lives_[server] += "'"; }

  /// From now on the second endpoint is the first one's server under another name.
  void Alias(std::size_t server, std::size_t other) { lives_[other] = lives_[server]; }

  void Lose(std::size_t server, const std::string& why = "no answer") {
    Note(topology_.Failed(server, absl::UnavailableError(why)));
  }

  /// Who may serve a read: "ab".
  std::string Qualified(const Bounds& bounds = {}) const {
    std::string names;
    for (std::size_t i = 0; i < topology_.size(); ++i) {
      if (topology_.Qualifies(i, bounds, now_)) names += topology_.endpoint(i).name;
    }
    return names;
  }

  std::string QualifiedFor(std::uint64_t lsn, std::uint32_t timeline = 0) const {
    return Qualified({.at_least = {{lsn}, timeline}});
  }

  std::string QualifiedWithin(int time) const { return Qualified({.max_staleness = absl::Milliseconds(time)}); }

  /// Whether the server itself, asked in a read, is what it was taken for.
  bool Confirms(std::size_t server, bool standby, std::uint64_t position, const Bounds& bounds = {},
                std::uint32_t timeline = 1) const {
    return topology_.Qualifies(server, Seen(server, {.standby = standby, .position = {position}, .timeline = timeline}),
                               bounds, now_);
  }

  EndpointState State(std::size_t server) const { return topology_.Snapshot(now_).endpoints[server]; }

  std::string PrimaryName() const {
    const auto primary = topology_.primary();
    return primary ? topology_.endpoint(*primary).name : "none";
  }

  std::string Shortcoming(std::size_t server, const Bounds& bounds = {}) const {
    return topology_.Shortcoming(server, bounds, now_);
  }

  /// What has happened since the last call.
  std::vector<std::string> Events() { return std::exchange(events_, {}); }

  std::string Details() {
    std::string text;
    for (const std::string& detail : std::exchange(details_, {})) text += detail + "; ";
    return text;
  }

  Topology topology_{{{.name = "a"}, {.name = "b"}, {.name = "c"}}};

 private:
  Observation Seen(std::size_t server, Observation seen) const {
    seen.started = lives_[server];
    return seen;
  }

  void Answer(std::size_t server, const Observation& seen) {
    Note(topology_.Answered(server, Seen(server, seen), now_, now_));
  }

  void Note(const Topology::Events& events) {
    for (const ClusterEvent& event : events) {
      events_.push_back(fmt::format("{} {}", event.endpoint, Name(event.kind)));
      details_.push_back(event.detail);
    }
  }

  Topology::Time now_ = Topology::Time(std::chrono::hours(1));
  std::vector<std::string> lives_ = {"a", "b", "c"};
  std::vector<std::string> events_, details_;
};

}  // namespace bxb::read
