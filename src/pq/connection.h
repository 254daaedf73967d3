#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pq/deadline.h"
#include "pq/hosts.h"
#include "pq/interrupt.h"

struct pg_conn;

namespace bxb::pq {

/// The rows of a query, every value as text, nullopt for NULL.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

/// One row as it arrives, every value as text, nullopt for NULL.
using RowView = std::span<const std::optional<std::string_view>>;

/// One statement with its parameters $1, $2 …, as text, nullopt for NULL.
struct Statement {
  std::string sql;
  std::vector<std::optional<std::string>> parameters = {};
  bool is_command = false;  ///< it returns no rows, and another one that does not is refused: InvalidArgument
};

/// How a message with COPYs FROM STDIN in it ended.
struct CopyResult {
  absl::Status status;
  bool end_sent = false;   ///< an end marker may have reached the server: behind the last one's the commit is in doubt
  bool committed = false;  ///< the message's COMMIT has succeeded, whatever came after it
  bool warned = false;     ///< the server has sent a WARNING on the way
  std::size_t copies = 0;  ///< how many COPYs FROM STDIN have succeeded
  std::uint64_t copied = 0;  ///< rows that they have put into their tables
  Rows rows;                 ///< of the message's last SELECT
};

/// Which of the dsn's hosts will do, unless its own target_session_attrs says so.
enum class Target { kAny, kWritable };

/// One connection to one server. Every call has a deadline, and an Interrupt ends it early; either leaves
/// the connection lost. Errors carry the server's words (bxb::ServerErrorOf).
/// Thread-compatible: one thread at a time.
class Connection {
 public:
  /// `dsn` is a libpq connection string or URI. `interrupt` may be null; otherwise it must outlive the
  /// connection. Errors: InvalidArgument (the dsn cannot be parsed), Unauthenticated, NotFound (no such
  /// database), Unavailable, DeadlineExceeded, Cancelled. None shows a password.
  ///
  /// Several hosts (see HostsOf) are tried one by one in the dsn's order, whatever load_balance_hosts says; the first
  /// that fits wins. Each may take an equal share of the time that is left when its turn comes, all addresses of its
  /// name together. If none fits, the error names every host with its reason (see ErrorFromHosts). The round begins
  /// with `first_host`, another connection's host(), where that is known to be a good one.
  static absl::StatusOr<Connection> Open(const std::string& dsn, const std::string& application_name, Deadline deadline,
                                         const Interrupt* interrupt = nullptr, Target target = Target::kAny,
                                         std::size_t first_host = 0);

  /// The same for one of HostsOf(dsn), whatever it is: primary or standby.
  static absl::StatusOr<Connection> OpenHost(const std::string& dsn, const Host& host,
                                             const std::string& application_name, Deadline deadline,
                                             const Interrupt* interrupt);

  /// Which of the dsn's hosts it is connected to, from 0.
  std::size_t host() const { return host_; }

  /// Runs SQL through the simple protocol; the rows are those of the last statement that returned any.
  absl::StatusOr<Rows> Query(const std::string& sql, Deadline deadline);

  /// Runs one statement with text parameters.
  absl::StatusOr<Rows> Query(const std::string& sql, const std::vector<std::string>& parameters, Deadline deadline);

  /// Runs statements in one round trip and, as long as none of them is BEGIN or the like, in one transaction. Each row
  /// goes to `on_row`, with its statement's number, as it arrives. An error of the server ends it, and the connection
  /// is as good as before; an error from `on_row` ends it, is returned, and leaves the connection lost.
  absl::Status Pipeline(std::span<const Statement> statements,
                        absl::FunctionRef<absl::Status(std::size_t, RowView)> on_row, Deadline deadline);

  /// Runs SQL that may hold COPYs … FROM STDIN: sends each what `next_chunk` returns until it is empty. Gives each
  /// message of a COPY … TO STDOUT to `on_copy_out`.
  CopyResult Copy(const std::string& sql, absl::FunctionRef<std::string_view()> next_chunk,
                  absl::FunctionRef<void(std::string_view)> on_copy_out, Deadline deadline);

  /// Runs SQL that holds a COPY … TO STDOUT: gives each message of it to `on_copy_out`, whose error ends it, is
  /// returned, and leaves the connection lost.
  absl::Status CopyOut(const std::string& sql, absl::FunctionRef<absl::Status(std::string_view)> on_copy_out,
                       Deadline deadline);

  /// Another interrupt, or none (null), from now on.
  void set_interrupt(const Interrupt* interrupt) { interrupt_ = interrupt; }

  bool lost() const { return handle_ == nullptr; }

  /// Whether the server waits for a COMMIT or ROLLBACK: after an error behind a BEGIN, for example.
  bool in_transaction() const;

  /// Whether nothing is under way on it: no transaction, no statement, no pipeline.
  bool idle() const;

  struct HangUp {
    void operator()(pg_conn* connection) const;
  };
  using Handle = std::unique_ptr<pg_conn, HangUp>;

 private:
  class Exchange;

  Connection(Handle handle, const Interrupt* interrupt, std::size_t host);

  std::unique_ptr<bool> warned_;  ///< where libpq's notice receiver finds it, also when this object has moved
  Handle handle_;
  const Interrupt* interrupt_;
  std::size_t host_;
};

}  // namespace bxb::pq
