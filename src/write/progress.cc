#include "write/progress.h"

#include <algorithm>
#include <utility>

#include "write/routing.h"

namespace bxb::write {

Committer::Progress::Progress(const Batch& batch, Partitions::Map partitions, bool sort_by_key, absl::Duration timeout)
    : map(std::move(partitions)),
      isolation(SendOrder(batch, map.get(), sort_by_key)),
      deadline(pq::After(timeout)),
      half_time(pq::After(timeout / 2)),
      batch_rows_(batch.rows()) {}

bool Committer::Progress::NextPiece(bool look_up) {
  rows = isolation.Next();
  number.clear();
  merging = direct_in_doubt = doubted = settled = provided = false;
  dropped = 0;
  question = Question::kNone;
  if (rows.empty()) return false;
  if (look_up && isolation.IsWhole()) question = Question::kWhichKnown;
  return true;
}

void Committer::Progress::Passed() {
  settled = true;
  isolation.Passed();
}

void Committer::Progress::BeginMerge(const Batch& batch) {
  merging = true;
  const std::span<std::uint32_t> piece = isolation.Reorder();
  std::ranges::sort(piece);
  batch.SortByKey(piece);
}

// Any position behind the last commit will do for all of them, and the weakest promise holds for each.
void Committer::Progress::Acknowledge(const Acknowledgement& acknowledged) {
  Outcome& common = outcome_.common;
  if (any_stored_) {
    RaiseToken(common, acknowledged.outcome.token());
    common.durability = std::min(common.durability, acknowledged.outcome.durability);
    if (outcome_.server != acknowledged.server) outcome_.server = {};
  } else {
    common = acknowledged.outcome;
    outcome_.server = acknowledged.server;
  }
  any_stored_ = true;
}

void Committer::Progress::Stored(const Acknowledgement& acknowledged) {
  Acknowledge(acknowledged);
  settled = true;
  isolation.Stored();
}

void Committer::Progress::Known(std::vector<std::uint32_t> left, const Acknowledgement& acknowledged) {
  std::vector<std::uint32_t> known;
  auto next = left.begin();
  for (const std::uint32_t row : rows) {
    if (next != left.end() && *next == row) {
      ++next;
    } else {
      known.push_back(row);
    }
  }
  Duplicates(known);
  if (!known.empty()) Acknowledge(acknowledged);
  Left(std::move(left));
}

void Committer::Progress::Left(std::vector<std::uint32_t> left) {
  settled = true;
  isolation.Narrow(std::move(left));
}

void Committer::Progress::Postpone(const std::vector<std::uint32_t>& later) {
  settled = true;
  isolation.Postpone(later);
}

void Committer::Progress::Duplicates(std::span<const std::uint32_t> duplicates) {
  if (duplicates.empty()) return;
  conflicted = true;
  outcome_.fates.resize(batch_rows_);
  for (const std::uint32_t row : duplicates) outcome_.fates[row] = Fate::kDuplicate;
}

void Committer::Progress::Unknown(const absl::Status& status) {
  for (const std::uint32_t row : rows) Fail(row, Outcome::Kind::kUnknown, status);
  settled = true;
  isolation.Stored();
}

std::size_t Committer::Progress::FailRest(Outcome::Kind kind, const absl::Status& status) {
  const auto rest = isolation.TakeRest();
  for (const std::uint32_t row : rest) Fail(row, kind, status);
  return rest.size();
}

void Committer::Progress::Reject(std::uint32_t row, const absl::Status& status) {
  Fail(row, Outcome::Kind::kRejected, status);
}

void Committer::Progress::Fail(std::uint32_t row, Outcome::Kind kind, const absl::Status& status) {
  outcome_.fates.resize(batch_rows_);
  outcome_.fates[row] = Fate::kFailed;
  outcome_.failures.push_back({.row = row, .kind = kind, .status = status});
}

BatchOutcome Committer::Progress::TakeOutcome() {
  std::ranges::sort(outcome_.failures, {}, &BatchOutcome::Failure::row);
  return std::move(outcome_);
}

}  // namespace bxb::write
