#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bxb/outcome.h"
#include "pq/connection.h"

namespace bxb::write {

/// Reads the row that a commit's message ends with: (position, synchronous_commit, whether there are
/// synchronous standbys, fsync). The outcome is kInserted with what it proves.
absl::StatusOr<Outcome> AcknowledgementOf(const pq::Rows& rows);

/// What a commit under these settings has waited for.
Durability DurabilityOf(const std::string& synchronous_commit, bool has_synchronous_standbys, bool fsync);

}  // namespace bxb::write
