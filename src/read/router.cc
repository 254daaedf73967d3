#include "read/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "read/choice.h"
#include "read/elsewhere.h"
#include "read/options.h"

namespace bxb::read {
namespace {

using Clock = std::chrono::steady_clock;

// Where every server that qualifies has failed just now.
constexpr std::chrono::milliseconds kPause{20};

std::uint64_t Draw() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return random();
}

}  // namespace

// What one read has behind it.
struct Router::Search {
  const ReadOptions& options;
  Bounds bounds;
  ReadPolicy policy;
  pq::Deadline deadline;
  pq::Deadline wait_over;
  std::set<std::size_t> avoided = {};
  int attempts = 0;
  absl::Status failure = {};  ///< the last one
  std::string failed_where = {};
  bool waited = false;
  bool final = false;  ///< what Try returned is the answer
};

Router::Router(const ReaderOptions& options, std::shared_ptr<Cluster> cluster)
    : policy_(options.policy), shared_(std::move(cluster)), engine_(shared_->engine()) {
  const SessionPool::Settings settings = {.application_name = options.application_name,
                                          .connect_timeout = options.connect_timeout,
                                          .sessions = options.sessions_per_endpoint};
  for (std::size_t i = 0; i < engine_.size(); ++i) {
    auto server = std::make_unique<Server>();
    server->pool = std::make_unique<SessionPool>(settings, engine_, i);
    server->near = !options.label.empty() && engine_.label(i) == options.label;
    servers_.push_back(std::move(server));
  }
}

absl::StatusOr<ReadReport> Router::Read(const ReadOptions& options, Work work) {
  if (absl::Status valid = CheckOptions(options); !valid.ok()) return valid;
  Search search = {.options = options,
                   .bounds = {options.at_least, options.max_staleness, options.max_lag_bytes},
                   .policy = options.policy.value_or(policy_),
                   .deadline = pq::After(options.timeout),
                   .wait_over = pq::After(std::min(options.wait, options.timeout))};
  while (true) {
    const auto server = Find(search);
    if (!server.ok()) return server.status();
    auto report = Try(*server, search, work);
    if (search.final) return report;
  }
}

absl::StatusOr<Candidate> Router::Find(Search& search) {
  while (true) {
    const auto now = Clock::now();
    if (now >= search.deadline)
      return GiveUp(search, absl::StatusCode::kDeadlineExceeded, "the read's timeout is over");
    const auto view = engine_.Look(search.bounds);
    const bool hopeful = std::ranges::any_of(
        view.candidates, [](const Candidate& one) { return !one.primary && !one.qualifies && one.may_qualify; });
    const bool wait_is_over = now >= search.wait_over;
    const bool primary_too = search.options.otherwise == Otherwise::kPrimary && (wait_is_over || !hopeful);
    if (const auto picked = Pick(search, view, primary_too, /*again=*/false)) {
      if (search.policy == ReadPolicy::kPreferReplica && view.candidates[*picked].primary) ++to_primary_;
      return view.candidates[*picked];
    }
    if (!std::exchange(search.waited, true)) ++waited_;
    if (Pick(search, view, primary_too, /*again=*/true)) {
      engine_.AwaitNews(view.version, std::min(search.deadline, now + kPause));
      search.avoided.clear();
      continue;
    }
    if (wait_is_over && search.options.otherwise == Otherwise::kFail) {
      return GiveUp(search, absl::StatusCode::kUnavailable, "no server qualifies for the read");
    }
    engine_.AwaitNews(view.version, wait_is_over ? search.deadline : std::min(search.deadline, search.wait_over));
  }
}

std::optional<std::size_t> Router::Pick(const Search& search, const internal::ClusterEngine::View& view,
                                        bool primary_too, bool again) {
  std::vector<Choosable> choosable;
  choosable.reserve(view.candidates.size());
  for (const Candidate& one : view.candidates) {
    if (!one.qualifies || (!again && search.avoided.contains(one.server))) continue;
    choosable.push_back({.server = one.server,
                         .primary = one.primary,
                         .near = servers_[one.server]->near,
                         .latency = one.latency,
                         .under_way = servers_[one.server]->pool->taken()});
  }
  return Choose(choosable, search.policy, primary_too, turn_.fetch_add(1, std::memory_order_relaxed), Draw);
}

absl::StatusOr<ReadReport> Router::Try(const Candidate& candidate, Search& search, Work work) {
  const std::size_t server = candidate.server;
  ++search.attempts;
  Server& at = *servers_[server];
  auto session = at.pool->Take(search.deadline);
  absl::Status status = session.status();
  std::optional<Attempt> attempt;
  if (session.ok()) {
    attempt.emplace(engine_, candidate, *session, search.bounds, search.deadline);
    status = work(*attempt);
    at.pool->GiveBack(*std::move(session));
  }
  search.final = true;
  if (status.ok()) {
    ++at.reads;
    ReadReport report = attempt->Report();
    report.attempts = search.attempts;
    return report;
  }
  if (attempt && attempt->ended_by_caller()) return status;
  if (!ElsewhereHelps(status, attempt && attempt->standby())) return status;
  engine_.Suspect(server);
  if (attempt && attempt->rows() > 0) {
    return absl::UnavailableError(fmt::format("{} failed after {} rows: {}", engine_.name(server), attempt->rows(),
                                              std::string(status.message())));
  }
  if (attempt && attempt->unconfirmed()) ++not_verified_;
  ++at.retried;
  search.final = false;
  search.avoided.insert(server);
  search.failed_where = engine_.name(server);
  search.failure = std::move(status);
  return search.failure;
}

absl::Status Router::GiveUp(const Search& search, absl::StatusCode code, std::string_view why) const {
  std::string text = fmt::format("{} after {} attempts: {}", why, search.attempts, engine_.Shortcomings(search.bounds));
  if (!search.failure.ok()) {
    text += fmt::format("; the last attempt, on {}: {}", search.failed_where, std::string(search.failure.message()));
  }
  return {code, text};
}

ReaderStats Router::stats() const {
  ReaderStats stats = {.servers = {}, .waited = waited_, .to_primary = to_primary_, .not_verified = not_verified_};
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Server& server = *servers_[i];
    stats.servers.push_back({.endpoint = engine_.name(i),
                             .reads = server.reads,
                             .retried = server.retried,
                             .sessions = server.pool->open()});
  }
  return stats;
}

}  // namespace bxb::read
