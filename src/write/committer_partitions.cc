// How a lane gets its rows into a table that is partitioned by time, whatever becomes of the partitions meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "bxb/internal/server_error.h"
#include "write/committer.h"
#include "write/progress.h"
#include "write/routing.h"

namespace bxb::write {
namespace {

constexpr int kMostReroutes = 12;

}  // namespace

// Rows that cannot have a partition are rejected here: the server would name them one by one. Of the others some may
// have lost theirs again; the root says so.
absl::Status Committer::ProvidePartitions(const Batch& batch, Progress& progress) {
  const bool asked = progress.provided || progress.doubted || progress.question != Question::kNone;
  if (progress.map == nullptr || asked) return absl::OkStatus();
  const auto homeless = RowsWithoutPartition(batch, progress.rows, *progress.map);
  if (!homeless.empty() && !progress.map->has_default()) {
    if (absl::Status left = LeaveFailedTransaction(); !left.ok()) return left;
    std::vector<schema::PgMicros> times;
    std::ranges::transform(homeless, std::back_inserter(times), [&](std::uint32_t row) { return batch.Time(row); });
    auto provided = settings_.partitions->Provide(*connection_, std::move(times), PartitionDeadline(progress));
    if (!provided.ok()) return Postponed(homeless, provided.status(), progress);
    progress.map = provided->map;
    if (!provided->refused.empty()) RejectHomeless(batch, *provided, progress);
  }
  progress.provided = true;
  return absl::OkStatus();
}

// Rows that have their partitions do not wait for others that cannot have theirs yet.
absl::Status Committer::Postponed(const std::vector<std::uint32_t>& homeless, const absl::Status& reason,
                                  Progress& progress) {
  if (homeless.size() == progress.rows.size() || connection_->lost()) return reason;
  progress.Postpone(homeless);
  return absl::OkStatus();
}

pq::Deadline Committer::PartitionDeadline(const Progress& progress) const {
  return std::min(progress.deadline, pq::After(settings_.connect_timeout));
}

void Committer::RejectHomeless(const Batch& batch, const Partitions::Provided& provided, Progress& progress) {
  std::vector<std::uint32_t> left;
  for (const std::uint32_t row : progress.rows) {
    const schema::PgMicros time = batch.Time(row);
    if (!std::ranges::binary_search(provided.refused, time)) {
      left.push_back(row);
      continue;
    }
    const absl::Status status = absl::FailedPreconditionError(fmt::format(
        "no partition of {} holds {}: {}", settings_.plan.table,
        absl::FormatTime(absl::RFC3339_full, schema::FromPgMicros(time), absl::UTCTimeZone()), provided.why));
    progress.Reject(row, internal::WithServerError(status, {.sqlstate = "23514", .table = settings_.plan.table_name}));
  }
  Log(LogLevel::kError, fmt::format("{} rows rejected, no partition of {} holds their times: {}",
                                    progress.rows.size() - left.size(), settings_.plan.table, provided.why));
  progress.Left(std::move(left));
}

// A table that never takes a row (a partition with partitions of its own, one of which is missing) is no reason to try
// for ever: then it is the row's fault.
bool Committer::Reroute(const FailedAttempt& failed, Progress& progress) {
  if (++progress.reroutes > kMostReroutes) return Refused(failed, CommitStep::kIsolate, progress);
  const bool was_routed = !std::exchange(progress.through_root, true);
  progress.provided = false;
  const absl::Status read = ReadPartitions(progress, was_routed);
  if (read.ok() && was_routed) return true;
  if (absl::IsNotFound(read)) return GiveUp({.status = read}, progress), false;
  return WaitForAnotherTry(read.ok() ? failed : FailedAttempt{.status = read}, progress);
}

absl::Status Committer::ReadPartitions(Progress& progress, bool unless_just_read) {
  if (absl::Status left = LeaveFailedTransaction(); !left.ok()) return left;
  const pq::Deadline deadline = PartitionDeadline(progress);
  auto map = unless_just_read ? settings_.partitions->RefreshIfOld(*connection_, deadline)
                              : settings_.partitions->Refresh(*connection_, deadline);
  if (!map.ok()) return map.status();
  progress.map = *std::move(map);
  return absl::OkStatus();
}

}  // namespace bxb::write
