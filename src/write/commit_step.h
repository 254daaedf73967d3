#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/status.h"

namespace bxb::write {

/// What a lane does after an attempt to commit rows has failed.
enum class CommitStep {
  kMerge,      ///< there are duplicates: send the rows again as a merge
  kRetry,      ///< wait a little, then send them again as they were
  kInDoubt,    ///< they may have been committed: a merge or the ledger finds out, where there is one
  kCommitted,  ///< the ledger says that an earlier attempt has committed them
  kReroute,    ///< a partition may not be what the map says: send the rows through the root
  kIsolate,    ///< some of the rows are at fault: find them
  kReject,     ///< surely not committed, and no attempt to commit any row would end another way
};

/// One failed attempt.
struct FailedAttempt {
  absl::Status status;
  bool merging = false;      ///< it was a merge, not a direct COPY
  bool partitioned = false;  ///< the table is partitioned by time
  bool routed = false;       ///< rows went straight into partitions
  bool homeless = false;     ///< rows have no partition yet, and none could be created for now: nothing was sent
  bool connection_lost = false;
  bool end_sent = false;            ///< the end marker may have reached the server
  std::optional<std::size_t> line;  ///< the row that the server's CONTEXT names, from 0
};

/// How duplicates and doubts can be settled.
struct Recourse {
  bool can_merge = false;
  bool has_ledger = false;
};

/// The rule of the commit protocol; its state machine is in docs/states.md. Pure.
CommitStep NextStep(const FailedAttempt& attempt, Recourse recourse);

}  // namespace bxb::write
