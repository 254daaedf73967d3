#include "read/monitor.h"

#include <chrono>
#include <utility>

#include "pq/thread.h"

namespace bxb::read {
namespace {

// However many reads fail at once.
constexpr std::chrono::milliseconds kApart{2};

}  // namespace

Monitor::Monitor(Settings settings)
    : settings_(std::move(settings)), thread_(pq::StartThread(settings_.thread_name, [this] { Run(); })) {}

Monitor::~Monitor() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopping_.Set();
  wake_.notify_all();
  thread_.join();
}

void Monitor::Wake(bool at_once) {
  {
    const std::lock_guard lock(mutex_);
    at_once_ = at_once_ || at_once;
  }
  wake_.notify_all();
}

void Monitor::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto started = std::chrono::steady_clock::now();
    at_once_ = false;
    lock.unlock();
    Check();
    const auto earliest = std::chrono::steady_clock::now() + kApart;
    lock.lock();
    while (!stopped_) {
      const auto next =
          at_once_ ? earliest : std::max(earliest, started + absl::ToChronoNanoseconds(settings_.interval()));
      if (std::chrono::steady_clock::now() >= next) break;
      wake_.wait_until(lock, next);
    }
  }
}

void Monitor::Check() {
  const pq::Deadline deadline = pq::After(settings_.timeout);
  const bool fresh = !connection_.has_value();
  pq::Deadline asked = std::chrono::steady_clock::now();
  auto seen = Ask(deadline, asked);
  // A connection that was left from before may have been closed meanwhile by a server that is well.
  if (absl::IsUnavailable(seen.status()) && !fresh) seen = Ask(deadline, asked);
  if (!absl::IsCancelled(seen.status())) settings_.report(seen, asked);
}

absl::StatusOr<Observation> Monitor::Ask(pq::Deadline deadline, pq::Deadline& asked) {
  if (!connection_) {
    auto connection = settings_.connect(deadline, &stopping_);
    if (!connection.ok()) return connection.status();
    connection_.emplace(*std::move(connection));
  }
  asked = std::chrono::steady_clock::now();
  auto seen = Probe(*connection_, deadline);
  if (!seen.ok()) connection_.reset();
  return seen;
}

}  // namespace bxb::read
