#include "read/session_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "read/transaction.h"

namespace bxb::read {
namespace {

constexpr const char* kOwnTimeoutSql =
    "SELECT (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::bigint";

// Whether the server is lost is looked at that often while all of its sessions are taken.
constexpr std::chrono::milliseconds kLookAgain{50};

}  // namespace

SessionPool::SessionPool(const Settings& settings, const internal::ClusterEngine& cluster, std::size_t server)
    : settings_(settings), cluster_(cluster), server_(server) {}

absl::StatusOr<Session> SessionPool::Take(pq::Deadline deadline) {
  std::vector<Session> stale;
  std::optional<Session> idle;
  {
    std::unique_lock lock(mutex_);
    if (absl::Status free = AwaitFree(lock, deadline); !free.ok()) return free;
    ++taken_;
    idle = TakeIdle(stale);
  }
  stale.clear();  // hangs up, without the lock
  if (idle) return *std::move(idle);
  auto session = Connect(deadline);
  if (session.ok()) return session;
  {
    const std::lock_guard lock(mutex_);
    --taken_;
  }
  freed_.notify_one();
  return session;
}

absl::Status SessionPool::AwaitFree(std::unique_lock<std::mutex>& lock, pq::Deadline deadline) {
  const auto is_free = [&] { return taken_ < settings_.sessions; };
  if (is_free()) return absl::OkStatus();
  const auto lost = cluster_.lost_signal(server_);
  while (!is_free()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      return absl::DeadlineExceededError(fmt::format("all {} sessions are taken", settings_.sessions));
    }
    freed_.wait_until(lock, std::min<pq::Deadline>(deadline, now + kLookAgain), is_free);
    if (cluster_.lost_signal(server_) != lost) return absl::UnavailableError("lost while its sessions were taken");
  }
  return absl::OkStatus();
}

void SessionPool::DropIdle() {
  std::vector<Session> dropped;  // hung up on without the lock
  const std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

// The last one used is the one that the server has most at hand. Those from before the server was lost are gone with
// the next one that is taken.
std::optional<Session> SessionPool::TakeIdle(std::vector<Session>& stale) {
  const auto lost = cluster_.lost_signal(server_);
  const auto gone = std::ranges::stable_partition(idle_, [&](const Session& session) { return session.lost == lost; });
  std::ranges::move(gone, std::back_inserter(stale));
  idle_.erase(gone.begin(), gone.end());
  if (idle_.empty()) return std::nullopt;
  Session session = std::move(idle_.back());
  idle_.pop_back();
  session.reused = true;
  return session;
}

absl::StatusOr<Session> SessionPool::Connect(pq::Deadline deadline) {
  const auto lost = cluster_.lost_signal(server_);
  const auto until = std::min(deadline, pq::After(settings_.connect_timeout));
  auto connection = cluster_.Connect(server_, settings_.application_name, until, lost.get());
  if (!connection.ok()) return connection.status();
  const auto own = connection->Query(InTransaction(kOwnTimeoutSql), until);
  if (!own.ok()) return own.status();
  std::int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(own->at(0).at(0).value_or(""), &milliseconds)) {
    return absl::InternalError("the server says nothing sensible of its statement_timeout");
  }
  return Session{.connection = *std::move(connection),
                 .lost = lost,
                 .statement_timeout = milliseconds > 0 ? absl::Milliseconds(milliseconds) : absl::InfiniteDuration()};
}

void SessionPool::GiveBack(Session session) {
  const bool usable = !session.connection.lost() && session.connection.idle();
  if (usable) session.connection.set_interrupt(session.lost.get());
  std::optional<Session> gone;  // hung up on without the lock
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (usable) {
      idle_.push_back(std::move(session));
    } else {
      gone = std::move(session);
    }
  }
  freed_.notify_one();
}

int SessionPool::open() const {
  const std::lock_guard lock(mutex_);
  return taken_ + static_cast<int>(idle_.size());
}

int SessionPool::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace bxb::read
