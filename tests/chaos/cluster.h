#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "support/pgbouncer.h"
#include "support/socket_proxy.h"
#include "support/temporary_folder.h"

namespace bxb::chaos {

/// Waits until `condition` holds, asking every few milliseconds.
bool Await(const std::function<bool()>& condition, absl::Duration timeout);

/// A primary and its synchronous standby, and the ways to them, whose names outlive every failover:
///
///     direct writer ── host 0, host 1: a proxy each, of which one leads to the primary
///     pooled writer ── proxy ── PgBouncer ── proxy ── primary
class Cluster {
 public:
  /// From the beginning every commit waits for the standby's disk.
  static absl::StatusOr<std::unique_ptr<Cluster>> Start();

  std::string direct_dsn() const { return "host=" + hosts_[0]->host() + "," + hosts_[1]->host() + kRest; }
  std::string pooled_dsn() const { return "host=" + before_bouncer_->host() + kRest; }

  testing::EphemeralPostgres& primary() { return *primary_; }
  testing::EphemeralPostgres& standby() { return *standby_; }
  testing::SocketProxy& primary_proxy() { return *hosts_[primary_host_]; }
  testing::SocketProxy& before_bouncer() { return *before_bouncer_; }
  testing::SocketProxy& behind_bouncer() { return *behind_bouncer_; }
  testing::PgBouncer& bouncer() { return *bouncer_; }

  /// kill -9 of the primary and its start.
  absl::Status CrashPrimary();

  /// Kills the primary for good, promotes the standby, and builds a new standby of it.
  absl::Status FailOver();

  /// Ends the writers' connections: one of them, or all. Returns when there was one to end.
  absl::Status TerminateBackend(bool all);

  /// SIGKILL to a writer's backend, upon which the server restarts itself.
  absl::Status CrashBackend();

  /// All cuts at this point, of all proxies.
  int cuts(testing::CutPoint point) const;

 private:
  static constexpr char kRest[] = " user=postgres dbname=postgres";

  Cluster() = default;
  absl::Status StartStandby();
  absl::Status AwaitAnswer();

  std::unique_ptr<testing::EphemeralPostgres> primary_, standby_;
  std::array<std::optional<testing::SocketProxy>, 2> hosts_;
  std::size_t primary_host_ = 0;
  testing::TemporaryFolder bouncer_folder_;
  std::optional<testing::SocketProxy> behind_bouncer_;
  std::optional<testing::PgBouncer> bouncer_;
  std::optional<testing::SocketProxy> before_bouncer_;
};

}  // namespace bxb::chaos
