#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/writer_options.h"
#include "pq/connection.h"
#include "write/acknowledgement.h"
#include "write/batch.h"
#include "write/batch_queue.h"
#include "write/commit_plan.h"
#include "write/commit_step.h"
#include "write/conflict_rate.h"
#include "write/message.h"
#include "write/partitions.h"

namespace bxb::write {

/// The commit protocol of one lane: takes a batch through as many attempts as it needs until the outcome of every
/// row is known or commit_timeout has passed. It is optimistic: a direct COPY of the whole batch first, a merge when
/// the server finds duplicates, pieces of the batch when the server refuses rows. While most batches hold duplicates
/// it looks these up first. committer.cc sends and decides, committer_answers.cc reads what the server says,
/// committer_partitions.cc sees to it that the rows have partitions.
/// Thread-compatible.
class Committer {
 public:
  struct Settings {
    std::string dsn;
    std::string application_name;
    absl::Duration connect_timeout;
    absl::Duration commit_timeout;
    bool sort_by_key;
    CommitPlan plan;
    Partitions* partitions;  ///< of a table that is partitioned by time; else null. Outlives the committer
    LogHook log;
    DeadLetterHook dead_letter;
  };

  struct Committed {
    BatchOutcome outcome;
    BatchQueue::Effort effort;
  };

  /// The references must outlive the committer. `lane` is for the log.
  Committer(int lane, const Settings& settings, ConflictRate& conflicts, const pq::Interrupt& interrupt,
            pq::Connection connection);

  Committed Commit(const Batch& batch);

  /// What need not be done before the outcome is told.
  void TidyUp();

 private:
  class Progress;
  enum class Question : std::uint8_t;

  void CommitPiece(const Batch& batch, Progress& progress);
  FailedAttempt Attempt(const Batch& batch, Progress& progress);
  FailedAttempt Send(const Batch& batch, Progress& progress);
  Sending SendingOf(const Progress& progress) const;
  absl::Status EnsureConnected(Progress& progress);
  absl::Status ProvidePartitions(const Batch& batch, Progress& progress);
  absl::Status Postponed(const std::vector<std::uint32_t>& homeless, const absl::Status& reason, Progress& progress);
  pq::Deadline PartitionDeadline(const Progress& progress) const;
  void RejectHomeless(const Batch& batch, const Partitions::Provided& provided, Progress& progress);
  bool Reroute(const FailedAttempt& failed, Progress& progress);
  absl::Status ReadPartitions(Progress& progress, bool unless_just_read);
  void Conclude(const Batch& batch, const pq::CopyResult& result, const std::string& returned, Progress& progress);
  absl::StatusOr<bool> Interpret(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                                 Progress& progress);
  absl::StatusOr<bool> PassTheKnown(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                                    Progress& progress);
  absl::StatusOr<bool> TellDuplicates(const Batch& batch, const std::string& returned, Progress& progress);
  absl::StatusOr<bool> RejectTheDropped(const Batch& batch, const std::string& returned, Progress& progress);
  absl::StatusOr<bool> SettleDoubt(const Batch& batch, const std::string& returned, Progress& progress);
  absl::StatusOr<std::vector<std::uint32_t>> Missing(const Batch& batch, const std::string& returned,
                                                     const Progress& progress) const;
  Acknowledgement AcknowledgementIn(const pq::CopyResult& result) const;
  bool PrepareNext(const Batch& batch, const FailedAttempt& failed, Progress& progress);
  bool Refused(const FailedAttempt& failed, CommitStep step, Progress& progress);
  bool WaitForAnotherTry(const FailedAttempt& failed, Progress& progress);
  void GiveUp(const FailedAttempt& failed, Progress& progress);
  void Abandon(Progress& progress);
  void BuryTheRejected(const Batch& batch, const BatchOutcome& outcome);
  absl::Status LeaveFailedTransaction();
  void PruneLedger();
  void Log(LogLevel level, const std::string& line) const;

  const int lane_;
  const Settings& settings_;
  ConflictRate& conflicts_;
  const pq::Interrupt& interrupt_;
  std::optional<pq::Connection> connection_;
  std::chrono::steady_clock::time_point next_pruning_;
  std::string chunk_;  ///< kept between batches for its memory
};

}  // namespace bxb::write
