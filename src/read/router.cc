#include "read/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "bxb/internal/server_error.h"
#include "bxb/status.h"
#include "read/choice.h"
#include "read/elsewhere.h"
#include "read/options.h"

namespace bxb::read {
namespace {

using Clock = std::chrono::steady_clock;

// Where every server that qualifies has failed just now.
constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{500};

constexpr std::string_view kReadOnly = "25006";
constexpr std::string_view kCancelled = "57014";
constexpr std::string_view kTooManyConnections = "53300";

// Gives a session back, also when a caller throws.
class Lease {
 public:
  Lease(SessionPool& pool, Session session) : pool_(pool), session_(std::move(session)) {}
  ~Lease() { pool_.GiveBack(std::move(session_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  Session& session() { return session_; }

 private:
  SessionPool& pool_;
  Session session_;
};

// What every server that was asked has said will hardly be said otherwise in a moment: who may come in, what room a
// query may take, that somebody wants it cancelled.
bool IsRefusal(const absl::Status& status) {
  const std::string sqlstate = SqlStateOf(status);
  return absl::IsUnauthenticated(status) || absl::IsNotFound(status) || absl::IsPermissionDenied(status) ||
         sqlstate == kCancelled || (sqlstate.starts_with("53") && sqlstate != kTooManyConnections);
}

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
  std::chrono::milliseconds pause = kFirstPause;
  std::string failure = {};   ///< the last one, and where
  absl::Status refused = {};  ///< the last one, where it is for all servers to say alike
  bool waited = false;
  bool to_primary = false;  ///< for want of a replica
  bool final = false;       ///< what Try returned is the answer
};

Router::Router(const ReaderOptions& options, std::shared_ptr<Cluster> cluster)
    : policy_(options.policy),
      has_label_(!options.label.empty()),
      shared_(std::move(cluster)),
      engine_(shared_->engine()) {
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

absl::StatusOr<ReadReport> Router::Read(const ReadOptions& options, pq::Deadline deadline, Work work) {
  if (absl::Status valid = CheckOptions(options); !valid.ok()) return valid;
  const ReadPolicy policy = options.policy.value_or(policy_);
  if (policy == ReadPolicy::kNearest && !has_label_) {
    return absl::InvalidArgumentError("ReadOptions::policy is kNearest, and ReaderOptions::label is empty");
  }
  Search search = {.options = options,
                   .bounds = {options.at_least, options.max_staleness, options.max_lag_bytes},
                   .policy = policy,
                   .deadline = deadline,
                   .wait_over = std::min(pq::After(options.wait), deadline)};
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
    if (now >= search.deadline) {
      return GiveUp(search, absl::StatusCode::kDeadlineExceeded, TimeoutText(search));
    }
    const auto view = engine_.Look(search.bounds);
    const bool hopeful = std::ranges::any_of(
        view.candidates, [](const Candidate& one) { return !one.primary && !one.qualifies && one.may_qualify; });
    const bool wait_is_over = now >= search.wait_over;
    const bool primary_too = search.options.otherwise == Otherwise::kPrimary && (wait_is_over || !hopeful);
    if (const auto picked = Pick(search, view, primary_too, /*again=*/false)) {
      const bool to_primary = search.policy == ReadPolicy::kPreferReplica && view.candidates[*picked].primary;
      if (to_primary && !std::exchange(search.to_primary, true)) ++to_primary_;
      return view.candidates[*picked];
    }
    if (!std::exchange(search.waited, true)) ++waited_;
    if (Pick(search, view, primary_too, /*again=*/true)) {
      if (!search.refused.ok()) return search.refused;
      std::this_thread::sleep_until(std::min<pq::Deadline>(search.deadline, now + search.pause));
      search.pause = std::min(2 * search.pause, kLongestPause);
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
                         .under_way = servers_[one.server]->pool->taken(),
                         .full = servers_[one.server]->pool->is_full()});
  }
  return Choose(choosable, search.policy, primary_too, turn_.fetch_add(1, std::memory_order_relaxed), Draw);
}

absl::StatusOr<ReadReport> Router::Try(const Candidate& candidate, Search& search, Work work) {
  ++search.attempts;
  Server& at = *servers_[candidate.server];
  auto session = at.pool->Take(search.deadline);
  if (!session.ok()) return Failed(candidate, search, session.status(), nullptr);
  const bool reused = session->reused;
  Lease lease(*at.pool, *std::move(session));
  Attempt attempt(engine_, candidate, lease.session(), search.bounds, search.deadline);
  const absl::Status status = work(attempt);
  if (!status.ok()) {
    // A session that was idle says nothing of the server when it turns out to be closed: the next one is a new one.
    const bool closed = reused && absl::IsUnavailable(status) && lease.session().connection.lost();
    if (closed && attempt.rows() == 0 && !attempt.unconfirmed() && !attempt.ended_by_caller()) {
      at.pool->DropIdle();
      return status;
    }
    return Failed(candidate, search, status, &attempt);
  }
  search.final = true;
  ++at.reads;
  ReadReport report = attempt.Report();
  report.attempts = search.attempts;
  return report;
}

absl::Status Router::Failed(const Candidate& candidate, Search& search, const absl::Status& status,
                            const Attempt* attempt) {
  const std::string& name = engine_.name(candidate.server);
  const std::string why(status.message());
  const bool late = Clock::now() >= search.deadline;
  search.final = true;
  if (attempt != nullptr && attempt->ended_by_caller()) return status;
  if (SqlStateOf(status) == kReadOnly) {
    return internal::WithServerError(absl::InvalidArgumentError(why), ServerErrorOf(status));
  }
  const bool timed_out = late && SqlStateOf(status) == kCancelled;
  const bool no_session = attempt == nullptr && !absl::IsInvalidArgument(status);
  if (!timed_out && !no_session && !ElsewhereHelps(status, !candidate.primary)) return status;
  engine_.Suspect(candidate.server);
  if (attempt != nullptr && attempt->rows() > 0) {
    const std::string behind = fmt::format("behind {} rows of {}", attempt->rows(), name);
    if (late) return absl::DeadlineExceededError(fmt::format("{} {}", TimeoutText(search), behind));
    return absl::UnavailableError(fmt::format("the read failed {}: {}", behind, why));
  }
  if (attempt != nullptr && attempt->unconfirmed()) ++not_verified_;
  ++servers_[candidate.server]->retried;
  search.final = false;
  search.avoided.insert(candidate.server);
  search.refused = IsRefusal(status) ? status : absl::OkStatus();
  search.failure = fmt::format("; the last attempt, on {}: {}", name, why);
  return status;
}

std::string Router::TimeoutText(const Search& search) {
  return fmt::format("ReadOptions::timeout ({}) is over", absl::FormatDuration(search.options.timeout));
}

absl::Status Router::GiveUp(const Search& search, absl::StatusCode code, std::string_view why) const {
  return {code, fmt::format("{} ({} attempts): {}{}", why, search.attempts, engine_.Shortcomings(search.bounds),
                            search.failure)};
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
