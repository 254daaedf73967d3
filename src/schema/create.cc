#include "schema/create.h"

#include <fmt/format.h>

#include <cstdint>

namespace bxb::schema {
namespace {

// Spells "bxb" and "DDL"; advisory locks share one space of numbers with the host's own.
constexpr std::uint64_t kDdlLock = 0x627862'44444c;

// A name alone may be answered from what the session has seen before it got the lock.
constexpr const char* kExistsSql = "SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1))";

}  // namespace

absl::Status CreateIfMissing(pq::Connection& connection, const std::string& sql_name, const std::string& ddl,
                             pq::Deadline deadline) {
  // In a longer snapshot the table that another has created meanwhile would not be seen.
  const std::string lock =
      fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({})", kDdlLock);
  auto step = connection.Query(lock, deadline);
  if (step.ok()) step = connection.Query(kExistsSql, {sql_name}, deadline);
  const bool missing = step.ok() && step->front()[0] != "t";
  if (missing) step = connection.Query(ddl, deadline);
  const auto end = connection.Query(step.ok() ? "COMMIT" : "ROLLBACK", deadline);
  return step.ok() ? end.status() : step.status();
}

}  // namespace bxb::schema
