#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

struct pg_conn;
struct pg_result;

namespace bxb::pq {

/// The server's error as a status: its own message and SQLSTATE in the text, and every field for
/// bxb::ServerErrorOf.
absl::Status ErrorFromResult(const pg_result* result);

/// Why a connection attempt failed, with the password (if any) taken out of libpq's words.
absl::Status ErrorFromConnect(pg_conn* connection);

/// Why one of a dsn's hosts will not do.
struct HostFailure {
  std::string host;
  std::string port;
  absl::Status status;
  bool answered = false;  ///< somebody took the connection there, whatever was said then
};

/// The reason of each host (there is at least one) in one line. Unauthenticated or NotFound where all hosts that
/// answered say so, DeadlineExceeded where all timed out, otherwise Unavailable.
absl::Status ErrorFromHosts(const std::vector<HostFailure>& failures);

/// Whether libpq can parse the connection string, and has not taken a part of a password for a host or a port.
/// The error quotes nothing of it.
absl::Status CheckDsn(const std::string& dsn);

/// A message without line breaks and tabs.
std::string OneLine(std::string_view text);

}  // namespace bxb::pq
