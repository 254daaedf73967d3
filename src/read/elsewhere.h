#pragma once

#include "absl/status/status.h"

namespace bxb::read {

/// Whether a read that ended with this error may do better on another server: the server is lost, full or damaged, or
/// it has cancelled the read for the sake of replication
/// (https://www.postgresql.org/docs/15/hot-standby.html#HOT-STANDBY-CONFLICT).
bool ElsewhereHelps(const absl::Status& status, bool on_standby);

}  // namespace bxb::read
