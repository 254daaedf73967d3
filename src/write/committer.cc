#include "write/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "bxb/internal/server_error.h"
#include "bxb/uuid.h"
#include "write/acknowledgement.h"
#include "write/copy_line.h"
#include "write/dead_letter.h"
#include "write/merge_answer.h"
#include "write/progress.h"
#include "write/row_stream.h"

namespace bxb::write {
namespace {

// How long an idle lane tries to leave a failed transaction before it rather gives the connection up.
constexpr absl::Duration kRollbackTimeout = absl::Seconds(1);

constexpr std::chrono::minutes kPruneInterval{10};
constexpr absl::Duration kPruneTimeout = absl::Seconds(10);

std::string Text(const absl::Status& status) { return std::string(status.message()); }

absl::Status SomeDropped(std::uint64_t dropped, std::size_t sent) {
  return absl::FailedPreconditionError(
      fmt::format("a trigger kept {} of {} rows out of the table, and which ones cannot be told", dropped, sent));
}

// The server quotes one row in its DETAIL and CONTEXT, and the other rows may belong to somebody else.
absl::Status WithoutQuotes(const absl::Status& status) {
  ServerError error = ServerErrorOf(status);
  if (error.sqlstate.empty()) return status;
  error.detail.clear();
  error.context.clear();
  return internal::WithServerError(status, error);
}

// All of its bits are random: a number that comes twice would lose a batch.
std::string NewNumber() {
  thread_local std::random_device random;
  Uuid uuid;
  std::ranges::generate(uuid.bytes, [] { return static_cast<std::uint8_t>(random()); });
  return uuid.ToString();
}

}  // namespace

Committer::Committer(int lane, const Settings& settings, ConflictRate& conflicts, const pq::Interrupt& interrupt,
                     pq::Connection connection)
    : lane_(lane),
      settings_(settings),
      conflicts_(conflicts),
      interrupt_(interrupt),
      connection_(std::move(connection)) {}

Committer::Committed Committer::Commit(const Batch& batch) {
  Progress progress(batch, settings_.commit_timeout);
  while (progress.NextPiece(settings_.plan.can_merge() && (progress.in_doubt || conflicts_.MergeFirst()))) {
    CommitPiece(batch, progress);
  }
  LeaveFailedTransaction();
  PruneLedger();
  if (progress.any_stored()) conflicts_.Record(progress.conflicted);
  Committed committed = {.outcome = progress.TakeOutcome(), .effort = progress.effort};
  BuryTheRejected(batch, committed.outcome);
  return committed;
}

void Committer::CommitPiece(const Batch& batch, Progress& progress) {
  for (bool again = true; again; ++progress.effort.attempts) {
    const FailedAttempt failed = Attempt(batch, progress);
    again = failed.status.ok() ? !progress.settled : PrepareNext(failed, progress);
  }
}

FailedAttempt Committer::Attempt(const Batch& batch, Progress& progress) {
  FailedAttempt attempt = {.status = EnsureConnected(progress), .merging = progress.merging};
  if (!attempt.status.ok()) {
    attempt.connection_lost = true;
    return attempt;
  }
  if (settings_.plan.has_ledger() && progress.number.empty()) progress.number = NewNumber();
  const std::string sql = MessageFor(progress);
  RowStream rows(batch, progress.rows, chunk_);
  std::string returned;
  const pq::CopyResult result = connection_->Copy(
      connection_->in_transaction() ? "ROLLBACK;" + sql : sql, [&] { return rows.Next(); },
      [&](std::string_view data) { returned += data; }, progress.deadline);
  attempt.status = result.status;
  attempt.end_sent = result.end_sent && !progress.OnlyTry();
  attempt.connection_lost = connection_->lost();
  attempt.line = CopyLine(ServerErrorOf(result.status).context,
                          progress.merging ? kStageName : settings_.plan.table_name, progress.rows.size());
  if (progress.OnlyTry() && result.status.ok()) progress.Passed();
  if (!result.committed) return attempt;
  // What fails behind the COMMIT takes nothing back.
  attempt.status = absl::OkStatus();
  Conclude(batch, result, returned, progress);
  return attempt;
}

std::string Committer::MessageFor(const Progress& progress) const {
  const CommitPlan& plan = settings_.plan;
  if (progress.known_committed) return plan.BarrierSql();
  if (progress.dropped > 0) return plan.VerifySql();
  if (progress.OnlyTry()) return plan.TrialSql(progress.merging);
  return progress.merging ? plan.MergeSql() : plan.DirectSql(progress.number);
}

absl::Status Committer::EnsureConnected(Progress& progress) {
  if (connection_ && !connection_->lost()) return absl::OkStatus();
  const pq::Deadline deadline = std::min(progress.deadline, pq::After(settings_.connect_timeout));
  auto connection =
      pq::Connection::Open(settings_.dsn, settings_.application_name, deadline, &interrupt_, pq::Target::kWritable);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  ++progress.effort.reconnects;
  Log(LogLevel::kInfo, "reconnected");
  return absl::OkStatus();
}

void Committer::Conclude(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                         Progress& progress) {
  absl::Status status;
  if (progress.dropped > 0) {
    status = RejectTheDropped(batch, returned, progress);
  } else if (!progress.known_committed && result.copied != progress.rows.size()) {
    progress.dropped = progress.rows.size() - result.copied;
    progress.in_doubt = true;
    if (settings_.plan.can_merge()) return;  // the table will tell which ones
    status = SomeDropped(progress.dropped, progress.rows.size());
  } else if (progress.merging) {
    status = TellDuplicates(batch, returned, progress);
  }
  if (status.ok()) return Acknowledge(result, progress);
  Log(LogLevel::kError, fmt::format("{} rows unknown: {}", progress.rows.size(), Text(status)));
  progress.Unknown(status);
}

// As many as were dropped must be missing: otherwise a trigger has changed keys, and nobody can tell.
absl::Status Committer::RejectTheDropped(const Batch& batch, const std::string& returned, Progress& progress) {
  auto missing = DuplicatesOf(batch, progress.rows, settings_.plan.key.size(), returned);
  if (!missing.ok()) return missing.status();
  if (missing->size() != progress.dropped) return SomeDropped(progress.dropped, progress.rows.size());
  for (const std::uint32_t row : *missing) {
    progress.Reject(row, absl::FailedPreconditionError("a trigger kept the row out of the table"));
  }
  return absl::OkStatus();
}

absl::Status Committer::TellDuplicates(const Batch& batch, const std::string& returned, Progress& progress) {
  auto duplicates = DuplicatesOf(batch, progress.rows, settings_.plan.key.size(), returned);
  if (!duplicates.ok()) return duplicates.status();
  progress.effort.merged = true;
  // A direct COPY commits all of its rows or none. If it was in doubt and nothing is left to insert, it was
  // the one that inserted them.
  const bool first_attempt_committed = progress.direct_in_doubt && duplicates->size() == progress.rows.size();
  if (!first_attempt_committed) progress.Duplicates(*duplicates);
  return absl::OkStatus();
}

void Committer::Acknowledge(const pq::CopyResult& result, Progress& progress) {
  auto acknowledged = result.status.ok() ? AcknowledgementOf(result.rows) : result.status;
  if (!acknowledged.ok()) {
    Log(LogLevel::kWarning, fmt::format("committed, but not known how durably: {}", Text(acknowledged.status())));
    return progress.Stored({.outcome = {.kind = Outcome::Kind::kInserted}, .server = {}});
  }
  // Waiting for the standbys can be cancelled: then the commit succeeds locally, with a warning.
  Durability& durability = acknowledged->outcome.durability;
  if (result.warned) durability = std::min(durability, Durability::kLocalFsync);
  progress.Stored(*acknowledged);
}

// Sets the next attempt up, or settles the piece as far as it can be and returns false.
bool Committer::PrepareNext(const FailedAttempt& failed, Progress& progress) {
  const CommitPlan& plan = settings_.plan;
  const CommitStep step = NextStep(failed, {.can_merge = plan.can_merge(), .has_ledger = plan.has_ledger()});
  const bool stopped = absl::IsCancelled(failed.status) && failed.connection_lost;
  const bool hopeless = step == CommitStep::kInDoubt && !plan.can_merge() && !plan.has_ledger();
  if (stopped || hopeless) return GiveUp(failed, /*unknown=*/true, progress), false;
  switch (step) {
    case CommitStep::kMerge:
      progress.merging = progress.conflicted = true;
      ++progress.effort.conflicts;
      return true;
    case CommitStep::kCommitted:
      return progress.known_committed = true;
    case CommitStep::kIsolate:
      return Isolate(failed, progress), false;
    case CommitStep::kReject:
      return GiveUp(failed, progress.in_doubt, progress), false;
    case CommitStep::kInDoubt:
      progress.in_doubt = true;
      progress.direct_in_doubt = !failed.merging;
      progress.merging = plan.can_merge();
      break;
    case CommitStep::kRetry:
      break;
  }
  return WaitForAnotherTry(failed, progress);
}

bool Committer::WaitForAnotherTry(const FailedAttempt& failed, Progress& progress) {
  Log(LogLevel::kWarning, fmt::format("attempt {} to commit {} rows failed, trying again: {}",
                                      progress.effort.attempts + 1, progress.rows.size(), Text(failed.status)));
  if (absl::IsUnavailable(failed.status)) connection_.reset();
  const absl::Status waited = progress.backoff.Wait(progress.deadline, interrupt_);
  if (waited.ok()) return true;
  return GiveUp(failed, progress.in_doubt || absl::IsCancelled(waited), progress), false;
}

void Committer::Isolate(const FailedAttempt& failed, Progress& progress) {
  progress.effort.isolated = true;
  const auto bad = progress.isolation.Refused(failed.line);
  if (bad) progress.Reject(*bad, failed.status);
}

void Committer::GiveUp(const FailedAttempt& failed, bool unknown, Progress& progress) {
  const Outcome::Kind kind = unknown ? Outcome::Kind::kUnknown : Outcome::Kind::kRejected;
  const absl::Status reason = absl::IsCancelled(failed.status) && failed.connection_lost
                                  ? absl::AbortedError("the writer was closed before the commit was confirmed")
                                  : WithoutQuotes(failed.status);
  const std::size_t rows = progress.FailRest(kind, reason);
  Log(LogLevel::kError, fmt::format("{} rows {}: {}", rows, Name(kind), Text(reason)));
}

void Committer::BuryTheRejected(const Batch& batch, const BatchOutcome& outcome) {
  for (const auto& failure : outcome.failures) {
    if (failure.kind != Outcome::Kind::kRejected || !settings_.dead_letter) continue;
    const std::string key = KeyText(batch.Key(failure.row), settings_.plan.key);
    settings_.dead_letter(
        {.table = settings_.plan.table, .key = key, .tuple = batch.Tuple(failure.row), .reason = failure.status});
  }
}

// An idle lane must not hold a failed transaction open: behind PgBouncer it would hold a server with it.
void Committer::LeaveFailedTransaction() {
  if (!connection_ || connection_->lost() || !connection_->in_transaction()) return;
  const auto rolled_back = connection_->Query("ROLLBACK", pq::After(kRollbackTimeout));
  if (!rolled_back.ok()) connection_.reset();
}

void Committer::PruneLedger() {
  const auto now = std::chrono::steady_clock::now();
  if (!settings_.plan.has_ledger() || now < next_pruning_ || !connection_ || connection_->lost()) return;
  next_pruning_ = now + kPruneInterval;
  const auto pruned = connection_->Query(settings_.plan.prune_sql, pq::After(kPruneTimeout));
  if (!pruned.ok()) Log(LogLevel::kWarning, fmt::format("the ledger was not pruned: {}", Text(pruned.status())));
}

void Committer::Log(LogLevel level, const std::string& line) const {
  if (settings_.log) settings_.log(level, fmt::format("lane {}: {}", lane_, line));
}

}  // namespace bxb::write
