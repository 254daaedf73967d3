#include "write/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "bxb/internal/server_error.h"
#include "bxb/uuid.h"
#include "wire/status_text.h"
#include "write/dead_letter.h"
#include "write/progress.h"

namespace bxb::write {
namespace {

// How long an idle lane tries to leave a failed transaction before it rather gives the connection up.
constexpr absl::Duration kRollbackTimeout = absl::Seconds(1);

constexpr std::chrono::minutes kPruneInterval{10};
constexpr absl::Duration kPruneTimeout = absl::Seconds(10);

// The server quotes one row in its DETAIL and CONTEXT, and a function may do so in its message; the other rows may
// belong to somebody else.
absl::Status WithoutQuotes(const absl::Status& status) {
  ServerError error = ServerErrorOf(status);
  if (error.sqlstate.empty()) return status;
  const bool by_function = !error.context.empty() && !error.context.starts_with("COPY ");
  if (by_function) error.message = "a function failed on one of the batch's rows";
  error.detail.clear();
  error.context.clear();
  const std::string text =
      by_function ? fmt::format("{} [SQLSTATE {}]", error.message, error.sqlstate) : wire::Text(status);
  return internal::WithServerError(absl::Status(status.code(), text), error);
}

// COPY puts rows into the table a thousand at a time. What only comes up then (a row that is too big, a broken page)
// is told with the line that was read last.
bool NamesItsRow(const absl::Status& status) {
  const std::string sqlstate = SqlStateOf(status);
  return sqlstate != "54000" && !sqlstate.starts_with("XX") && !sqlstate.starts_with("58");
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
  const Partitions* partitions = settings_.partitions;
  Progress progress(batch, partitions == nullptr ? nullptr : partitions->map(), settings_.sort_by_key,
                    settings_.commit_timeout);
  while (progress.NextPiece(settings_.plan.can_merge() && conflicts_.LookUpFirst())) {
    CommitPiece(batch, progress);
    if (std::chrono::steady_clock::now() > progress.half_time) progress.isolation.Hurry();
  }
  if (progress.any_stored()) conflicts_.Record(progress.conflicted);
  Committed committed = {.outcome = progress.TakeOutcome(), .effort = progress.effort};
  BuryTheRejected(batch, committed.outcome);
  return committed;
}

void Committer::CommitPiece(const Batch& batch, Progress& progress) {
  for (bool again = true; again; ++progress.effort.attempts) {
    const FailedAttempt failed = Attempt(batch, progress);
    again = failed.status.ok() ? !progress.settled : PrepareNext(batch, failed, progress);
  }
}

FailedAttempt Committer::Attempt(const Batch& batch, Progress& progress) {
  FailedAttempt attempt = {.status = EnsureConnected(progress), .merging = progress.merging};
  if (!attempt.status.ok()) {
    attempt.connection_lost = true;
    return attempt;
  }
  attempt.status = ProvidePartitions(batch, progress);
  if (!attempt.status.ok()) {
    attempt.homeless = true;
    attempt.connection_lost = !connection_ || connection_->lost();
    return attempt;
  }
  return progress.settled ? attempt : Send(batch, progress);
}

FailedAttempt Committer::Send(const Batch& batch, Progress& progress) {
  if (settings_.plan.has_ledger() && progress.number.empty()) progress.number = NewNumber();
  Message message(settings_.plan, batch, SendingOf(progress), chunk_);
  std::string returned;
  pq::CopyResult result = connection_->Copy(
      connection_->in_transaction() ? "ROLLBACK;" + message.sql() : message.sql(), [&] { return message.NextChunk(); },
      [&](std::string_view data) { returned += data; }, progress.deadline);
  const bool at_stake = !progress.OnlyTry() && progress.question == Question::kNone;
  FailedAttempt attempt = {.status = result.status,
                           .merging = progress.merging,
                           .partitioned = progress.map != nullptr,
                           .routed = message.IsRouted(),
                           .connection_lost = connection_->lost(),
                           .end_sent = result.end_sent && message.AllSent() && at_stake,
                           .line = message.RowAtFault(ServerErrorOf(result.status), result.copies)};
  if (progress.OnlyTry() && result.status.ok()) progress.Passed();
  if (!result.committed) return attempt;
  // What fails behind the COMMIT takes nothing back.
  attempt.status = absl::OkStatus();
  result.copied = message.RowsAmong(result.copied);
  Conclude(batch, result, returned, progress);
  return attempt;
}

Sending Committer::SendingOf(const Progress& progress) const {
  const auto way = [&] {
    if (progress.question == Question::kHowDurable) return Sending::Way::kBarrier;
    if (progress.question != Question::kNone) return Sending::Way::kLookUp;
    return progress.merging ? Sending::Way::kMerge : Sending::Way::kDirect;
  };
  return {.way = way(),
          .trial = progress.OnlyTry() && progress.question == Question::kNone,
          .rows = progress.rows,
          .map = progress.map.get(),
          .through_root = progress.through_root,
          .number = progress.number};
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

// Sets the next attempt up, or settles the piece as far as it can be and returns false.
bool Committer::PrepareNext(const Batch& batch, const FailedAttempt& failed, Progress& progress) {
  const CommitPlan& plan = settings_.plan;
  const CommitStep step = NextStep(failed, {.can_merge = plan.can_merge(), .has_ledger = plan.has_ledger()});
  if (absl::IsCancelled(failed.status) && failed.connection_lost) return Abandon(progress), false;
  switch (step) {
    case CommitStep::kMerge:
      progress.BeginMerge(batch);
      progress.conflicted = true;
      ++progress.effort.conflicts;
      return true;
    case CommitStep::kCommitted:
      progress.question = Question::kHowDurable;
      return true;
    case CommitStep::kReroute:
      return Reroute(failed, progress);
    case CommitStep::kIsolate:
    case CommitStep::kReject:
      return Refused(failed, step, progress);
    case CommitStep::kInDoubt:
      progress.doubted = true;
      progress.direct_in_doubt = !failed.merging;
      if (plan.can_merge()) progress.BeginMerge(batch);
      if (!plan.can_merge() && !plan.has_ledger()) return GiveUp(failed, progress), false;
      break;
    case CommitStep::kRetry:
      break;
  }
  return WaitForAnotherTry(failed, progress);
}

// What an attempt in doubt has committed may be refused now: a trigger's mind may change.
bool Committer::Refused(const FailedAttempt& failed, CommitStep step, Progress& progress) {
  if (progress.question == Question::kWhichKnown) {
    progress.question = Question::kNone;  // the COPY itself will tell
    return true;
  }
  if (progress.question != Question::kNone) return progress.Unknown(WithoutQuotes(failed.status)), false;
  if (progress.doubted && settings_.plan.can_merge()) {
    progress.question = Question::kWhichThere;
    return true;
  }
  if (step == CommitStep::kReject) return GiveUp(failed, progress), false;
  progress.effort.isolated = true;
  const auto bad = progress.isolation.Refused(NamesItsRow(failed.status) ? failed.line : std::nullopt);
  if (bad) progress.Reject(*bad, failed.status);
  return false;
}

bool Committer::WaitForAnotherTry(const FailedAttempt& failed, Progress& progress) {
  Log(LogLevel::kWarning, fmt::format("attempt {} to commit {} rows failed, trying again: {}",
                                      progress.effort.attempts + 1, progress.rows.size(), wire::Text(failed.status)));
  if (absl::IsUnavailable(failed.status)) connection_.reset();
  const absl::Status waited = progress.backoff.Wait(progress.deadline, interrupt_);
  if (waited.ok()) return true;
  absl::IsCancelled(waited) ? Abandon(progress) : GiveUp(failed, progress);
  return false;
}

void Committer::GiveUp(const FailedAttempt& failed, Progress& progress) {
  const absl::Status reason = WithoutQuotes(failed.status);
  std::size_t unknown = 0;
  if (progress.doubted) {
    unknown = progress.rows.size();
    progress.Unknown(reason);
  }
  const std::size_t rejected = progress.FailRest(Outcome::Kind::kRejected, reason);
  Log(LogLevel::kError, fmt::format("{} rows rejected, {} unknown: {}", rejected, unknown, wire::Text(reason)));
}

void Committer::Abandon(Progress& progress) {
  const absl::Status reason = absl::AbortedError("the writer was closed before the commit was confirmed");
  const std::size_t rows = progress.FailRest(Outcome::Kind::kUnknown, reason);
  Log(LogLevel::kError, fmt::format("{} rows unknown: {}", rows, wire::Text(reason)));
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
void Committer::TidyUp() {
  if (LeaveFailedTransaction().ok()) PruneLedger();
}

absl::Status Committer::LeaveFailedTransaction() {
  if (!connection_ || connection_->lost()) return absl::UnavailableError("the connection is closed");
  if (!connection_->in_transaction()) return absl::OkStatus();
  const auto rolled_back = connection_->Query("ROLLBACK", pq::After(kRollbackTimeout));
  if (!rolled_back.ok()) connection_.reset();
  return rolled_back.status();
}

void Committer::PruneLedger() {
  const auto now = std::chrono::steady_clock::now();
  if (!settings_.plan.has_ledger() || now < next_pruning_) return;
  const auto pruned = connection_->Query(settings_.plan.prune_sql, pq::After(kPruneTimeout));
  if (!pruned.ok() && !absl::IsCancelled(pruned.status()))
    Log(LogLevel::kWarning, fmt::format("the ledger was not pruned: {}", wire::Text(pruned.status())));
  const bool more = pruned.ok() && pruned->front()[0] == "t";
  next_pruning_ = more ? now : now + kPruneInterval;
}

void Committer::Log(LogLevel level, const std::string& line) const {
  if (settings_.log) settings_.log(level, fmt::format("lane {}: {}", lane_, line));
}

}  // namespace bxb::write
