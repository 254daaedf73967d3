#include "read/elsewhere.h"

#include <string>

#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::read {

bool ElsewhereHelps(const absl::Status& status, bool on_standby) {
  const std::string sqlstate = SqlStateOf(status);
  if (sqlstate.empty()) {
    return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  }
  if (sqlstate == "25006") return false;  // a query that writes: every read is read-only
  if (sqlstate == "57014") return on_standby;
  if (sqlstate == "40001" || sqlstate == "40P01") return true;
  const pq::ErrorClass error = pq::Classify(sqlstate);
  return error == pq::ErrorClass::kConnection || error == pq::ErrorClass::kResources;
}

}  // namespace bxb::read
