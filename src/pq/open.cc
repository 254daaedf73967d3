// How Connection::Open finds a host that will do.

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <tuple>
#include <utility>

#include "pq/connection.h"
#include "pq/error.h"
#include "pq/hosts.h"
#include "pq/wait.h"

namespace bxb::pq {
namespace {

// The dsn overrides what stands before it, and what stands behind it overrides the dsn.
//
// A host that vanishes without a word is noticed within 11 seconds, waiting or sending. One that stands still
// (SIGSTOP) goes on answering the kernel's probes, so waiting for it is bounded by deadlines only. But once its
// buffers are full, Linux counts tcp_user_timeout from there, probes answered or not: the same 10 seconds end a COPY
// whose server does not read, be it stopped or busy with one row.
Connection::Handle StartConnecting(const std::string& dsn, const Host& host, const std::string& application_name,
                                   const char* default_target, const char* target) {
  const std::array<std::pair<const char*, const char*>, 12> parameters = {
      {{"target_session_attrs", default_target},
       {"fallback_application_name", application_name.c_str()},
       {"keepalives_idle", "5"},
       {"keepalives_interval", "2"},
       {"keepalives_count", "3"},
       {"tcp_user_timeout", "10000"},
       {"dbname", dsn.c_str()},
       {"host", host.host.c_str()},
       {"hostaddr", host.hostaddr.c_str()},
       {"port", host.port.c_str()},
       {"target_session_attrs", target},
       {"client_encoding", "UTF8"}}};
  std::array<const char*, parameters.size() + 1> names = {}, values = {};
  for (std::size_t i = 0; i < parameters.size(); ++i) std::tie(names[i], values[i]) = parameters[i];
  Connection::Handle handle(PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/1));
  // What a server remarks while it greets would go to the host application's stderr.
  PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
  return handle;
}

bool IsTaken(PGconn* connection) {
  const ConnStatusType status = PQstatus(connection);
  return status != CONNECTION_NEEDED && status != CONNECTION_STARTED && status != CONNECTION_BAD;
}

std::string OrEmpty(const char* text) { return text == nullptr ? "" : text; }

// The status is Ok once the connection stands.
HostFailure FinishConnecting(PGconn* connection, Deadline deadline, const Interrupt* interrupt) {
  HostFailure failure = {.host = OrEmpty(PQhost(connection)), .port = OrEmpty(PQport(connection)), .status = {}};
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (failure.status.ok() && state != PGRES_POLLING_OK) {
    failure.answered = failure.answered || IsTaken(connection);
    if (PQstatus(connection) == CONNECTION_BAD || state == PGRES_POLLING_FAILED) {
      failure.status = ErrorFromConnect(connection);
      return failure;
    }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    failure.status = WaitForSocket(PQsocket(connection), events, deadline, interrupt);
    if (failure.status.ok()) state = PQconnectPoll(connection);
  }
  return failure;
}

// An equal share of the time that is left, so that a host that never answers leaves some for those behind it.
Deadline ShareOf(Deadline deadline, std::size_t hosts_left) {
  const auto now = std::chrono::steady_clock::now();
  return now + (deadline - now) / static_cast<Deadline::rep>(hosts_left);
}

}  // namespace

absl::StatusOr<Connection> Connection::Open(const std::string& dsn, const std::string& application_name,
                                            Deadline deadline, const Interrupt* interrupt, Target target,
                                            std::size_t first_host) {
  if (absl::Status parsed = CheckDsn(dsn); !parsed.ok()) return parsed;
  const char* const wanted = target == Target::kWritable ? "read-write" : "any";
  const std::vector<Host> hosts = HostsOf(dsn);
  std::vector<HostFailure> failures;
  while (failures.size() < hosts.size()) {
    const std::size_t host = (first_host + failures.size()) % hosts.size();
    Handle handle = StartConnecting(dsn, hosts[host], application_name, wanted, /*target=*/"");
    if (handle == nullptr) return absl::ResourceExhaustedError("out of memory");
    HostFailure failure = FinishConnecting(handle.get(), ShareOf(deadline, hosts.size() - failures.size()), interrupt);
    if (failure.status.ok()) {
      PQsetnonblocking(handle.get(), 1);
      return Connection(std::move(handle), interrupt, host);
    }
    if (absl::IsCancelled(failure.status)) return ErrorFromHosts({failure});
    failures.push_back(std::move(failure));
  }
  return ErrorFromHosts(failures);
}

absl::StatusOr<Connection> Connection::OpenHost(const std::string& dsn, const Host& host,
                                                const std::string& application_name, Deadline deadline,
                                                const Interrupt* interrupt) {
  if (absl::Status parsed = CheckDsn(dsn); !parsed.ok()) return parsed;
  Handle handle = StartConnecting(dsn, host, application_name, "any", /*target=*/"any");
  if (handle == nullptr) return absl::ResourceExhaustedError("out of memory");
  HostFailure failure = FinishConnecting(handle.get(), deadline, interrupt);
  if (!failure.status.ok()) return ErrorFromHosts({std::move(failure)});
  PQsetnonblocking(handle.get(), 1);
  return Connection(std::move(handle), interrupt, 0);
}

}  // namespace bxb::pq
