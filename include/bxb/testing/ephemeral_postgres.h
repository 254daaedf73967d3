#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace bxb::testing {

/// The rows of a query, every value as text, nullopt for NULL.
using TextRows = std::vector<std::vector<std::optional<std::string>>>;

/// Settings of an EphemeralPostgres. The defaults start a plain server that keeps its promises.
struct EphemeralPostgresOptions {
  /// Lines of postgresql.conf, `{"wal_level", "logical"}`; they win over the defaults, which are PostgreSQL's own but
  /// for where it listens (`unix_socket_directories`, `listen_addresses`, `port`), for what lets standbys and crashed
  /// servers come back soon (`wal_keep_size`, `wal_retrieve_retry_interval`, `recovery_init_sync_method`), and for
  /// shared memory that goes with the server's folder (`dynamic_shared_memory_type`). fsync is on. A standby has its
  /// primary's settings too, where it has none of its own.
  std::map<std::string, std::string> settings = {};

  /// Where `initdb` and `postgres` are; nothing else is needed. Default: $BXB_PG_BINDIR, else the newest of
  /// /usr/lib/postgresql/*/bin, else `pg_config --bindir`, else $PATH.
  std::string bin_dir = {};

  /// The folder in which the server's own folder is made; the server's user must be able to pass through it, and its
  /// path must be short (about 75 bytes), for the socket's sake. Default: $TMPDIR or /tmp. A folder in memory
  /// (TMPDIR=/dev/shm) makes tests faster where durability is not what they measure.
  std::string parent_dir = {};

  /// What pg_hba.conf says; default: trust for all local connections. It must let `postgres` in on the socket for
  /// Query, and for StartStandby also for replication.
  std::string hba = {};

  /// Also listen on 127.0.0.1, on a port that was free (see `tcp_port`). Default: the unix socket only.
  bool listen_tcp = false;

  /// How long start-up, shut-down or promotion may take before it is an error.
  absl::Duration timeout = absl::Seconds(30);
};

/// A private PostgreSQL server that lives as long as this object: initdb in a fresh temporary folder, a
/// unix socket in it, no TCP port unless asked. Starting takes about two seconds. As root the server
/// runs as an unprivileged user (`postgres` if it exists, else `nobody`).
///
/// The folder, the processes and their shared memory go with the destructor, and also when the owning process is
/// killed: a small guard process outlives it and cleans up. Linux only. Thread safety: one thread at a time.
class EphemeralPostgres {
 public:
  /// Errors: NotFound with the name of the package to install where no server binaries are found;
  /// otherwise the failing step's own output.
  static absl::StatusOr<std::unique_ptr<EphemeralPostgres>> Start(EphemeralPostgresOptions options = {});
  ~EphemeralPostgres();
  EphemeralPostgres(const EphemeralPostgres&) = delete;
  EphemeralPostgres& operator=(const EphemeralPostgres&) = delete;

  /// A connection string for a database of this server, as its superuser.
  std::string dsn(std::string_view database = "postgres") const;
  std::string tcp_dsn(std::string_view database = "postgres") const;  ///< with listen_tcp only

  /// Runs SQL (one statement or several) on a connection of its own; returns the last statement's rows.
  absl::StatusOr<TextRows> Query(std::string_view sql, std::string_view database = "postgres") const;

  /// A new empty database; returns its name.
  absl::StatusOr<std::string> CreateDatabase();

  /// A streaming standby of this server, up and replaying, that belongs to the caller. `name` becomes its
  /// cluster_name and application_name (for synchronous_standby_names).
  absl::StatusOr<std::unique_ptr<EphemeralPostgres>> StartStandby(std::string_view name,
                                                                  EphemeralPostgresOptions options = {});

  absl::Status Stop();         ///< a clean "fast" shutdown
  absl::Status Kill();         ///< kill -9 of the server and all its processes: a crash
  absl::Status Restart();      ///< starts it again after Stop or Kill (crash recovery included), or bounces it
  absl::Status Promote();      ///< a standby becomes a primary
  absl::Status PauseReplay();  ///< a standby keeps receiving, but its queries stand still
  absl::Status ResumeReplay();
  absl::Status Freeze();  ///< SIGSTOP to all of its processes: it hangs without closing a socket
  absl::Status Thaw();    ///< SIGCONT

  /// Waits until this standby has replayed what `primary` has written by now.
  absl::Status WaitForReplay(const EphemeralPostgres& primary, absl::Duration timeout);

  int pid() const;                 ///< of the postmaster; 0 while stopped
  int tcp_port() const;            ///< 0 without listen_tcp
  int version() const;             ///< 150018 for 15.18 (server_version_num)
  const std::string& dir() const;  ///< its folder; `dir()/log` is the server's log

 private:
  class Impl;
  explicit EphemeralPostgres(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bxb::testing
