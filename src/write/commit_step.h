#pragma once

#include "absl/status/status.h"

namespace bxb::write {

/// What a lane does after an attempt to commit a batch has failed.
enum class CommitStep {
  kMerge,    ///< there are duplicates: send the batch again as a merge
  kRetry,    ///< wait a little, then send it again as it was
  kInDoubt,  ///< it may have been committed: a merge finds out, where one is possible
  kReject,   ///< it was surely not committed, and another attempt would end the same way
};

/// One failed attempt.
struct FailedAttempt {
  absl::Status status;
  bool merging = false;  ///< it was a merge, not a direct COPY
  bool connection_lost = false;
  bool end_sent = false;  ///< the end marker may have reached the server
};

/// The rule of the commit protocol; design and reasons are in docs/delivery.md. Pure.
CommitStep NextStep(const FailedAttempt& attempt, bool can_merge);

}  // namespace bxb::write
