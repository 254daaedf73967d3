#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/lsn.h"
#include "bxb/replay.h"
#include "pq/connection.h"

namespace bxb::read {

/// Up to where a server can be replayed now: below the oldest transaction that is under way on it (on a standby: that
/// it knows to be). `timeline` is that of the server.
absl::StatusOr<ReplayPosition> ReplayPositionNow(pq::Connection& connection, std::uint32_t timeline,
                                                 pq::Deadline deadline);

/// The rows whose transaction is in [since, next), as a condition on a row's system columns.
std::string CommittedBetween(const ReplayPosition& since, const ReplayPosition& next);

/// Whether a position taken on an older timeline lies before the parting of `timeline` from it, so that it means the
/// same on both. `common` is a position up to which both are known to be one, from what was seen of the promotion;
/// without it the server's history file is read, where the role may. FailedPrecondition where it cannot be proven.
absl::Status CheckContinues(pq::Connection& connection, const ReplayPosition& since, std::uint32_t timeline,
                            std::optional<Lsn> common, pq::Deadline deadline);

}  // namespace bxb::read
