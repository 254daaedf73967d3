#include "read/elsewhere.h"

#include <string>

#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::read {
namespace {

// The server's disk or its data: other servers have their own.
bool IsDamage(const std::string& sqlstate) {
  return sqlstate.starts_with("58") || sqlstate == "XX001" || sqlstate == "XX002";
}

}  // namespace

bool ElsewhereHelps(const absl::Status& status, bool on_standby) {
  const std::string sqlstate = SqlStateOf(status);
  if (sqlstate == "25006") return false;  // a query that writes: every read is read-only
  if (sqlstate == "08P01") return false;  // parameters that are not those of the statement
  // Whatever the server's last words on a lost connection were.
  if (absl::IsUnavailable(status)) return true;
  if (sqlstate.empty()) return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  if (sqlstate == "57014") return on_standby;
  if (sqlstate == "40001" || sqlstate == "40P01") return true;
  if (IsDamage(sqlstate)) return true;
  const pq::ErrorClass error = pq::Classify(sqlstate);
  return error == pq::ErrorClass::kConnection || error == pq::ErrorClass::kResources;
}

}  // namespace bxb::read
