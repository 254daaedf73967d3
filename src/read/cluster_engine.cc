#include "read/cluster_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "pq/error.h"
#include "wire/status_text.h"

namespace bxb::internal {
namespace {

// While a read waits for a position: how soon it is asked for again.
constexpr absl::Duration kHurriedInterval = absl::Milliseconds(3);

absl::Status Bad(std::string_view option, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("ClusterOptions::{} {}", option, why));
}

absl::Status CheckDuration(std::string_view option, absl::Duration value) {
  if (value >= absl::Milliseconds(10) && value <= absl::Minutes(1)) return absl::OkStatus();
  return Bad(option, fmt::format("is {}; it must be 10 ms … 1 minute", absl::FormatDuration(value)));
}

absl::Status CheckOptions(const ClusterOptions& options) {
  absl::Status status = CheckDuration("check_interval", options.check_interval);
  status.Update(CheckDuration("check_timeout", options.check_timeout));
  if (!options.dsn.empty() && !options.endpoints.empty()) status.Update(Bad("dsn", "and endpoints are both given"));
  return status;
}

// Servers that will be there later are worth waiting for; a password that is wrong everywhere is not.
absl::StatusCode CodeOfAll(const std::set<absl::StatusCode>& codes) {
  const bool permanent = codes == std::set{absl::StatusCode::kUnauthenticated} ||
                         codes == std::set{absl::StatusCode::kNotFound} ||
                         codes == std::set{absl::StatusCode::kPermissionDenied};
  return permanent ? *codes.begin() : absl::StatusCode::kUnavailable;
}

}  // namespace

absl::StatusOr<std::vector<ClusterEngine::Address>> ClusterEngine::AddressesOf(const ClusterOptions& options) {
  std::vector<Address> addresses;
  if (options.endpoints.empty()) {
    if (absl::Status parsed = pq::CheckDsn(options.dsn); !parsed.ok()) return Bad("dsn", "is " + wire::Text(parsed));
    for (const pq::Host& host : pq::EveryHostOf(options.dsn)) {
      addresses.push_back({.dsn = options.dsn, .host = host, .name = pq::NameOf(options.dsn, host), .label = ""});
    }
    return addresses;
  }
  for (const auto& [dsn, label] : options.endpoints) {
    const std::string option = fmt::format("endpoints[{}].dsn", addresses.size());
    if (absl::Status parsed = pq::CheckDsn(dsn); !parsed.ok()) return Bad(option, "is " + wire::Text(parsed));
    if (pq::EveryHostOf(dsn).size() > 1) return Bad(option, "has several hosts: list them one by one");
    addresses.push_back({.dsn = dsn, .host = {}, .name = pq::NameOf(dsn, {}), .label = label});
  }
  return addresses;
}

std::vector<EndpointState> ClusterEngine::StatesOf(const std::vector<Address>& addresses) {
  std::vector<EndpointState> states;
  for (const Address& address : addresses) states.push_back({.name = address.name, .label = address.label});
  return states;
}

ClusterEngine::ClusterEngine(const ClusterOptions& options, std::vector<Address> addresses)
    : options_(options), addresses_(std::move(addresses)), topology_(StatesOf(addresses_)), heard_(addresses_.size()) {
  for (std::size_t i = 0; i < addresses_.size(); ++i) lost_.push_back(std::make_shared<pq::Interrupt>());
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    monitors_.push_back(std::make_unique<read::Monitor>(read::Monitor::Settings{
        .thread_name = fmt::format("bxb-monitor-{}", i),
        .timeout = options_.check_timeout,
        .interval = [this] { return IntervalNow(); },
        .connect = [this, i](Time deadline,
                             const pq::Interrupt* interrupt) { return ConnectMonitor(i, deadline, interrupt); },
        .report = [this, i](const absl::StatusOr<read::Observation>& seen, Time asked) { Report(i, seen, asked); }}));
  }
}

ClusterEngine::~ClusterEngine() = default;

absl::StatusOr<std::unique_ptr<ClusterEngine>> ClusterEngine::Open(const ClusterOptions& options) {
  if (absl::Status valid = CheckOptions(options); !valid.ok()) return valid;
  auto addresses = AddressesOf(options);
  if (!addresses.ok()) return addresses.status();
  std::unique_ptr<ClusterEngine> engine(new ClusterEngine(options, *std::move(addresses)));
  if (absl::Status answered = engine->AwaitFirstAnswers(); !answered.ok()) return answered;
  return engine;
}

absl::Status ClusterEngine::AwaitFirstAnswers() {
  std::unique_lock lock(mutex_);
  // A check ends within its own timeout; the rest is for threads that get no processor.
  const Time deadline = pq::After(2 * options_.check_timeout);
  news_.wait_until(lock, deadline, [&] { return std::ranges::find(heard_, false) == heard_.end(); });
  if (!stranger_.ok()) return stranger_;
  std::vector<std::string> reasons;
  std::set<absl::StatusCode> codes;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const EndpointState& state = topology_.endpoint(i);
    if (state.healthy) return absl::OkStatus();
    codes.insert(state.status.code());
    reasons.push_back(fmt::format("{}: {}", state.name, wire::Text(state.status)));
  }
  return {CodeOfAll(codes), fmt::format("no server answers: {}", fmt::join(reasons, "; "))};
}

absl::StatusOr<pq::Connection> ClusterEngine::Connect(std::size_t server, const std::string& application_name,
                                                      Time deadline, const pq::Interrupt* interrupt) const {
  const Address& address = addresses_[server];
  return pq::Connection::OpenHost(address.dsn, address.host, application_name, deadline, interrupt);
}

absl::Duration ClusterEngine::IntervalNow() const {
  return waiting_ > 0 ? std::min(kHurriedInterval, options_.check_interval) : options_.check_interval;
}

// One thread tells what all have seen, so that a hook that takes long keeps nobody else from watching. Without the
// lock: the host may ask for a snapshot in it.
void ClusterEngine::Tell() {
  std::unique_lock lock(mutex_);
  if (std::exchange(telling_, true)) return;
  while (!untold_.empty()) {
    const ClusterEvent event = std::move(untold_.front());
    untold_.pop_front();
    lock.unlock();
    options_.on_event(event);
    lock.lock();
  }
  telling_ = false;
}

absl::StatusOr<pq::Connection> ClusterEngine::ConnectMonitor(std::size_t server, Time deadline,
                                                             const pq::Interrupt* interrupt) {
  auto connection = Connect(server, options_.application_name, deadline, interrupt);
  if (!connection.ok()) return connection;
  const auto system = read::SystemIdentifier(*connection, deadline);
  if (!system.ok()) return system.status();
  const std::lock_guard lock(mutex_);
  if (absl::Status known = CheckSystem(server, *system); !known.ok()) return known;
  return connection;
}

absl::Status ClusterEngine::CheckSystem(std::size_t server, const std::string& system) {
  if (system_.empty()) system_ = system;
  if (system == system_) return absl::OkStatus();
  stranger_ = absl::InvalidArgumentError(
      fmt::format("{} belongs to another cluster: its system identifier is {}, not {}", name(server), system, system_));
  return stranger_;
}

// A server that is too busy to answer in time may still be at its reads: they are cut short only for a better place.
bool ClusterEngine::HasAnother(std::size_t server) const {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < topology_.size(); ++i) {
    if (i != server && topology_.Qualifies(i, /*bounds=*/{}, now)) return true;
  }
  return false;
}

void ClusterEngine::Report(std::size_t server, const absl::StatusOr<read::Observation>& seen, Time asked) {
  {
    const std::lock_guard lock(mutex_);
    read::Topology::Events events = seen.ok()
                                        ? topology_.Answered(server, *seen, asked, std::chrono::steady_clock::now())
                                        : topology_.Failed(server, seen.status());
    if (options_.on_event) std::ranges::move(events, std::back_inserter(untold_));
    if (!seen.ok() && HasAnother(server)) std::exchange(lost_[server], std::make_shared<pq::Interrupt>())->Set();
    heard_[server] = true;
    ++version_;
  }
  news_.notify_all();
  Tell();
}

ClusterEngine::View ClusterEngine::Look(const read::Bounds& bounds) const {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  View view = {.candidates = {}, .version = version_};
  view.candidates.reserve(topology_.size());
  for (std::size_t i = 0; i < topology_.size(); ++i) {
    const EndpointState& state = topology_.endpoint(i);
    view.candidates.push_back({.server = i,
                               .primary = state.role == EndpointState::Role::kPrimary,
                               .qualifies = topology_.Qualifies(i, bounds, now),
                               .may_qualify = state.healthy,
                               .latency = state.latency});
  }
  return view;
}

void ClusterEngine::AwaitNews(std::uint64_t version, Time deadline) {
  if (waiting_++ == 0) {
    for (const auto& monitor : monitors_) monitor->Wake(/*at_once=*/false);
  }
  {
    std::unique_lock lock(mutex_);
    news_.wait_until(lock, deadline, [&] { return version_ != version; });
  }
  --waiting_;
}

bool ClusterEngine::Confirms(std::size_t server, const read::Observation& seen, const read::Bounds& bounds,
                             Time sent) const {
  const std::lock_guard lock(mutex_);
  return topology_.Qualifies(server, seen, bounds, sent);
}

std::string ClusterEngine::Shortcomings(const read::Bounds& bounds) const {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < topology_.size(); ++i) {
    std::string reason = topology_.Shortcoming(i, bounds, now);
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

void ClusterEngine::Suspect(std::size_t server) { monitors_[server]->Wake(/*at_once=*/true); }

std::shared_ptr<pq::Interrupt> ClusterEngine::lost_signal(std::size_t server) const {
  const std::lock_guard lock(mutex_);
  return lost_[server];
}

std::optional<absl::Duration> ClusterEngine::Staleness(Lsn position, Time now) const {
  const std::lock_guard lock(mutex_);
  return topology_.Staleness(position, now);
}

std::uint32_t ClusterEngine::timeline() const {
  const std::lock_guard lock(mutex_);
  return topology_.timeline();
}

std::optional<Lsn> ClusterEngine::CommonWith(std::uint32_t timeline) const {
  const std::lock_guard lock(mutex_);
  return topology_.CommonWith(timeline);
}

ClusterSnapshot ClusterEngine::snapshot() const {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  return topology_.Snapshot(now);
}

}  // namespace bxb::internal
