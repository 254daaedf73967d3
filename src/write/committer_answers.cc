// What a lane makes of the server's answers to a committed message.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire/status_text.h"
#include "write/acknowledgement.h"
#include "write/committer.h"
#include "write/merge_answer.h"
#include "write/progress.h"

namespace bxb::write {
namespace {

absl::Status SomeDropped(std::uint64_t dropped, std::size_t sent) {
  return absl::FailedPreconditionError(
      fmt::format("a trigger kept {} of {} rows out of the table, and which ones cannot be told", dropped, sent));
}

}  // namespace

void Committer::Conclude(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                         Progress& progress) {
  const absl::StatusOr<bool> stored = Interpret(batch, result, returned, progress);
  if (!stored.ok()) {
    Log(LogLevel::kError, fmt::format("{} rows unknown: {}", progress.rows.size(), wire::Text(stored.status())));
    progress.Unknown(stored.status());
  } else if (*stored) {
    progress.Stored(AcknowledgementIn(result));
  }
}

// Whether the piece is known to be in the table now; otherwise the next attempt is set up. An error: nobody can tell.
absl::StatusOr<bool> Committer::Interpret(const Batch& batch, const pq::CopyResult& result, const std::string& returned,
                                          Progress& progress) {
  switch (std::exchange(progress.question, Question::kNone)) {
    case Question::kHowDurable:
      return true;
    case Question::kWhichKnown:
      return PassTheKnown(batch, result, returned, progress);
    case Question::kWhichDropped:
      return RejectTheDropped(batch, returned, progress);
    case Question::kWhichThere:
      return SettleDoubt(batch, returned, progress);
    case Question::kNone:
      break;
  }
  progress.dropped = progress.rows.size() - std::min<std::size_t>(result.copied, progress.rows.size());
  if (progress.dropped == 0) return progress.merging ? TellDuplicates(batch, returned, progress) : true;
  if (!settings_.plan.can_merge()) return SomeDropped(progress.dropped, progress.rows.size());
  progress.doubted = true;
  progress.question = Question::kWhichDropped;
  return false;
}

// They were committed by somebody else, and this transaction's commit makes sure that they are as durable.
absl::StatusOr<bool> Committer::PassTheKnown(const Batch& batch, const pq::CopyResult& result,
                                             const std::string& returned, Progress& progress) {
  auto missing = Missing(batch, returned, progress);
  if (!missing.ok()) return missing.status();
  progress.effort.looked_up = true;
  progress.Known(*std::move(missing), AcknowledgementIn(result));
  return false;
}

absl::StatusOr<bool> Committer::TellDuplicates(const Batch& batch, const std::string& returned, Progress& progress) {
  auto duplicates = Missing(batch, returned, progress);
  if (!duplicates.ok()) return duplicates.status();
  progress.effort.merged = true;
  // A direct COPY commits all of its rows or none. If it was in doubt and nothing is left to insert, it was
  // the one that inserted them.
  const bool first_attempt_committed = progress.direct_in_doubt && duplicates->size() == progress.rows.size();
  if (!first_attempt_committed) progress.Duplicates(*duplicates);
  return true;
}

// As many as were dropped must be missing: otherwise a trigger has changed keys, and nobody can tell.
absl::StatusOr<bool> Committer::RejectTheDropped(const Batch& batch, const std::string& returned, Progress& progress) {
  auto missing = Missing(batch, returned, progress);
  if (!missing.ok()) return missing.status();
  if (missing->size() != progress.dropped) return SomeDropped(progress.dropped, progress.rows.size());
  for (const std::uint32_t row : *missing) {
    progress.Reject(row, absl::FailedPreconditionError("a trigger kept the row out of the table"));
  }
  return true;
}

// Each attempt commits all of the piece or nothing.
absl::StatusOr<bool> Committer::SettleDoubt(const Batch& batch, const std::string& returned, Progress& progress) {
  auto missing = Missing(batch, returned, progress);
  if (!missing.ok()) return missing.status();
  progress.doubted = false;
  const bool by_direct_copy = std::exchange(progress.direct_in_doubt, false);
  if (!missing->empty()) return false;
  if (!by_direct_copy) progress.Duplicates(progress.rows);
  return true;
}

absl::StatusOr<std::vector<std::uint32_t>> Committer::Missing(const Batch& batch, const std::string& returned,
                                                              const Progress& progress) const {
  return DuplicatesOf(batch, progress.rows, settings_.plan.key.size(), returned);
}

Acknowledgement Committer::AcknowledgementIn(const pq::CopyResult& result) const {
  auto acknowledged = result.status.ok() ? AcknowledgementOf(result.rows) : result.status;
  if (!acknowledged.ok()) {
    Log(LogLevel::kWarning, fmt::format("committed, but not known how durably: {}", wire::Text(acknowledged.status())));
    return {.outcome = {.kind = Outcome::Kind::kInserted}, .server = {}};
  }
  // Waiting for the standbys can be cancelled: then the commit succeeds locally, with a warning.
  Durability& durability = acknowledged->outcome.durability;
  if (result.warned) durability = std::min(durability, Durability::kLocalFsync);
  return *std::move(acknowledged);
}

}  // namespace bxb::write
