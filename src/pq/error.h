#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

struct pg_conn;
struct pg_result;

namespace bxb::pq {

/// The server's error as a status: its own message and SQLSTATE in the text, and every field for
/// bxb::ServerErrorOf.
absl::Status ErrorFromResult(const pg_result* result);

/// Why a connection attempt failed, with the password (if any) taken out of libpq's words.
absl::Status ErrorFromConnect(pg_conn* connection);

/// Whether libpq can parse the connection string, and has not taken a part of a password for a host or a port.
/// The error quotes nothing of it.
absl::Status CheckDsn(const std::string& dsn);

/// A message without line breaks and tabs.
std::string OneLine(std::string_view text);

}  // namespace bxb::pq
