#include "write/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bxb/internal/server_error.h"
#include "write/acknowledgement.h"
#include "write/backoff.h"
#include "write/merge_answer.h"
#include "write/row_stream.h"

namespace bxb::write {
namespace {

// Below one duplicate in twenty rows, a direct COPY that fails now and then costs less than merging always.
constexpr std::size_t kMergeFirstShare = 20;

// How long an idle lane tries to leave a failed transaction before it rather gives the connection up.
constexpr absl::Duration kRollbackTimeout = absl::Seconds(1);

std::string Text(const absl::Status& status) { return std::string(status.message()); }

absl::Status CheckCopied(const Batch& batch, std::uint64_t copied) {
  if (copied == batch.rows()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("a trigger kept {} of the batch's {} rows out of the table, and which ones cannot be told",
                  batch.rows() - copied, batch.rows()));
}

// The server quotes one row in its DETAIL and CONTEXT, and the other rows may belong to somebody else.
absl::Status WithoutQuotes(const absl::Status& status) {
  ServerError error = ServerErrorOf(status);
  if (error.sqlstate.empty()) return status;
  error.detail.clear();
  error.context.clear();
  return internal::WithServerError(status, error);
}

}  // namespace

// One batch's way through the protocol.
struct Committer::Progress {
  std::vector<std::uint32_t> order;
  pq::Deadline deadline;
  Backoff backoff;
  bool merging = false;
  bool direct_in_doubt = false;  ///< the last attempt in doubt was a direct COPY
  bool any_in_doubt = false;
  Committed committed;
};

Committer::Committer(const Settings& settings, const pq::Interrupt& interrupt, pq::Connection connection)
    : settings_(settings), interrupt_(interrupt), connection_(std::move(connection)) {}

Committer::Committed Committer::Commit(const Batch& batch) {
  Progress progress = {.order = batch.SendOrder(),
                       .deadline = pq::After(settings_.commit_timeout),
                       .backoff = {},
                       .merging = merge_first_,
                       .committed = {}};
  while (true) {
    const FailedAttempt failed = Attempt(batch, progress);
    if (failed.status.ok() || !PrepareNext(failed, progress)) break;
    ++progress.committed.effort.retries;
  }
  LeaveFailedTransaction();
  progress.committed.effort.merged = progress.merging;
  return std::move(progress.committed);
}

FailedAttempt Committer::Attempt(const Batch& batch, Progress& progress) {
  FailedAttempt attempt = {.status = EnsureConnected(progress), .merging = progress.merging};
  if (!attempt.status.ok()) {
    attempt.connection_lost = true;
    return attempt;
  }
  const std::string& sql = progress.merging ? settings_.plan.merge_sql : settings_.plan.direct_sql;
  RowStream rows(batch, progress.order, chunk_);
  std::string returned;
  const pq::CopyResult result = connection_->Copy(
      in_failed_transaction_ ? "ROLLBACK;" + sql : sql, [&] { return rows.Next(); },
      [&](std::string_view data) { returned += data; }, progress.deadline);
  attempt.status = result.status;
  attempt.end_sent = result.end_sent;
  attempt.connection_lost = connection_->lost();
  in_failed_transaction_ = !attempt.connection_lost && !result.committed;
  if (!result.committed) return attempt;
  // What fails behind the COMMIT takes nothing back.
  attempt.status = absl::OkStatus();
  Conclude(batch, result, returned, progress);
  return attempt;
}

absl::Status Committer::EnsureConnected(Progress& progress) {
  if (connection_ && !connection_->lost()) return absl::OkStatus();
  const pq::Deadline deadline = std::min(progress.deadline, pq::After(settings_.connect_timeout));
  auto connection =
      pq::Connection::Open(settings_.dsn, settings_.application_name, deadline, &interrupt_, pq::Target::kWritable);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  in_failed_transaction_ = false;
  ++progress.committed.effort.reconnects;
  Log(LogLevel::kInfo, "reconnected");
  return absl::OkStatus();
}

void Committer::Conclude(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                         Progress& progress) {
  BatchOutcome& outcome = progress.committed.outcome;
  absl::Status status = CheckCopied(batch, result.copied);
  if (status.ok() && progress.merging) status = TellDuplicates(batch, returned, progress);
  if (status.ok()) {
    outcome.common = Acknowledge(result);
  } else {
    Log(LogLevel::kError, fmt::format("batch of {} unknown: {}", batch.rows(), Text(status)));
    outcome = {.common = {.kind = Outcome::Kind::kUnknown, .status = status}, .duplicate = {}};
  }
}

Outcome Committer::Acknowledge(const pq::CopyResult& result) const {
  auto acknowledged = result.status.ok() ? AcknowledgementOf(result.rows) : result.status;
  if (!acknowledged.ok()) {
    Log(LogLevel::kWarning, fmt::format("committed, but not known how durably: {}", Text(acknowledged.status())));
    return {.kind = Outcome::Kind::kInserted};
  }
  // Waiting for the standbys can be cancelled: then the commit succeeds locally, with a warning.
  if (result.warned) acknowledged->durability = std::min(acknowledged->durability, Durability::kLocalFsync);
  return *std::move(acknowledged);
}

absl::Status Committer::TellDuplicates(const Batch& batch, const std::string& returned, Progress& progress) {
  auto merged = ReadMergeAnswer(batch, progress.order, settings_.plan.key_columns, returned);
  if (!merged.ok()) return merged.status();
  merge_first_ = merged->duplicates * kMergeFirstShare >= batch.rows();
  // A direct COPY commits all of its rows or none. If it was in doubt and nothing is left to insert, it was
  // the one that inserted them.
  const bool first_attempt_committed = progress.direct_in_doubt && merged->duplicates == batch.rows();
  if (merged->duplicates > 0 && !first_attempt_committed) {
    progress.committed.outcome.duplicate = std::move(merged->duplicate);
  }
  return absl::OkStatus();
}

// Sets the next attempt up, or settles the outcome and returns false.
bool Committer::PrepareNext(const FailedAttempt& failed, Progress& progress) {
  const CommitStep step = NextStep(failed, settings_.plan.can_merge());
  if (step == CommitStep::kInDoubt) {
    progress.any_in_doubt = true;
    progress.direct_in_doubt = !failed.merging;
  }
  const bool stopped = absl::IsCancelled(failed.status) && failed.connection_lost;
  if (stopped || (step == CommitStep::kInDoubt && !settings_.plan.can_merge()))
    return GiveUp(failed, /*unknown=*/true, progress), false;
  if (step == CommitStep::kReject) return GiveUp(failed, progress.any_in_doubt, progress), false;
  progress.merging = progress.merging || step != CommitStep::kRetry;
  if (step == CommitStep::kMerge) return true;

  Log(LogLevel::kWarning, fmt::format("batch not committed yet, trying again: {}", Text(failed.status)));
  if (absl::IsUnavailable(failed.status)) connection_.reset();
  const absl::Status waited = progress.backoff.Wait(progress.deadline, interrupt_);
  if (waited.ok()) return true;
  return GiveUp(failed, progress.any_in_doubt || absl::IsCancelled(waited), progress), false;
}

void Committer::GiveUp(const FailedAttempt& failed, bool unknown, Progress& progress) {
  const Outcome::Kind kind = unknown ? Outcome::Kind::kUnknown : Outcome::Kind::kRejected;
  const absl::Status reason = absl::IsCancelled(failed.status) && failed.connection_lost
                                  ? absl::AbortedError("the writer was closed before the commit was confirmed")
                              : progress.order.size() > 1 ? WithoutQuotes(failed.status)
                                                          : failed.status;
  Log(LogLevel::kError, fmt::format("batch of {} {}: {}", progress.order.size(), Name(kind), Text(reason)));
  progress.committed.outcome = {.common = {.kind = kind, .status = reason}, .duplicate = {}};
}

// An idle lane must not hold a failed transaction open: behind PgBouncer it would hold a server with it.
void Committer::LeaveFailedTransaction() {
  if (!in_failed_transaction_ || !connection_ || connection_->lost()) return;
  in_failed_transaction_ = !connection_->Query("ROLLBACK", pq::After(kRollbackTimeout)).ok();
}

void Committer::Log(LogLevel level, const std::string& line) const {
  if (settings_.log) settings_.log(level, line);
}

}  // namespace bxb::write
