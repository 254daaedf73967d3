#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/writer_options.h"
#include "pq/connection.h"
#include "write/batch.h"
#include "write/batch_queue.h"
#include "write/commit_plan.h"
#include "write/commit_step.h"

namespace bxb::write {

/// The commit protocol of one lane: takes a batch through as many attempts as it needs until its outcome is
/// known or commit_timeout has passed. It is optimistic: a direct COPY first, a merge when the server finds
/// duplicates, and merges straight away while they keep coming. Thread-compatible.
class Committer {
 public:
  struct Settings {
    std::string dsn;
    std::string application_name;
    absl::Duration connect_timeout;
    absl::Duration commit_timeout;
    CommitPlan plan;
    LogHook log;
  };

  struct Committed {
    BatchOutcome outcome;
    BatchQueue::Effort effort;
  };

  /// Both references must outlive the committer.
  Committer(const Settings& settings, const pq::Interrupt& interrupt, pq::Connection connection);

  Committed Commit(const Batch& batch);

 private:
  struct Progress;

  absl::Status EnsureConnected(Progress& progress);
  FailedAttempt Attempt(const Batch& batch, Progress& progress);
  void Conclude(const Batch& batch, const pq::CopyResult& result, const std::string& returned, Progress& progress);
  Outcome Acknowledge(const pq::CopyResult& result) const;
  absl::Status TellDuplicates(const Batch& batch, const std::string& returned, Progress& progress);
  bool PrepareNext(const FailedAttempt& failed, Progress& progress);
  void GiveUp(const FailedAttempt& failed, bool unknown, Progress& progress);
  void LeaveFailedTransaction();
  void Log(LogLevel level, const std::string& line) const;

  const Settings& settings_;
  const pq::Interrupt& interrupt_;
  std::optional<pq::Connection> connection_;
  bool in_failed_transaction_ = false;
  bool merge_first_ = false;
  std::string chunk_;  ///< kept between batches for its memory
};

}  // namespace bxb::write
