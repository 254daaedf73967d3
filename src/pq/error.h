#pragma once

#include <string>

#include "absl/status/status.h"

struct pg_conn;
struct pg_result;

namespace bxb::pq {

/// The server's error as a status: its own message and SQLSTATE in the text, and every field for
/// bxb::ServerErrorOf.
absl::Status ErrorFromResult(const pg_result* result);

/// Why a connection attempt failed, with the password (if any) taken out of libpq's words.
absl::Status ErrorFromConnect(pg_conn* connection);

/// Whether libpq can parse the connection string; the error does not quote it.
absl::Status CheckDsn(const std::string& dsn);

}  // namespace bxb::pq
