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

constexpr int kMostReroutes = 20;

}  // namespace

// Rows that cannot have a partition are rejected here: the server would name them one by one.
absl::Status Committer::ProvidePartitions(const Batch& batch, Progress& progress) {
  const bool asked = progress.provided || progress.doubted || progress.question != Question::kNone;
  if (progress.map == nullptr || asked) return absl::OkStatus();
  auto homeless = RowsWithoutPartition(batch, progress.rows, *progress.map);
  if (!homeless.empty() && !progress.map->has_default()) {
    std::vector<schema::PgMicros> times;
    std::ranges::transform(homeless, std::back_inserter(times), [&](std::uint32_t row) { return batch.Time(row); });
    if (absl::Status left = LeaveFailedTransaction(); !left.ok()) return left;
    const pq::Deadline deadline = std::min(progress.deadline, pq::After(settings_.connect_timeout));
    auto missing = settings_.partitions->Provide(*connection_, times, deadline);
    progress.map = settings_.partitions->map();
    if (!missing.ok()) return missing.status();
    if (!missing->empty()) RejectHomeless(batch, *missing, progress);
  }
  progress.provided = true;
  return absl::OkStatus();
}

void Committer::RejectHomeless(const Batch& batch, const std::string& reason, Progress& progress) {
  std::vector<std::uint32_t> left;
  for (const std::uint32_t row : progress.rows) {
    const schema::PgMicros time = batch.Time(row);
    if (progress.map->Find(time)) {
      left.push_back(row);
      continue;
    }
    const absl::Status status = absl::FailedPreconditionError(
        fmt::format("no partition of {} holds {}: {}", settings_.plan.table,
                    absl::FormatTime(absl::RFC3339_full, schema::FromPgMicros(time), absl::UTCTimeZone()), reason));
    progress.Reject(row, internal::WithServerError(status, {.sqlstate = "23514", .table = settings_.plan.table_name}));
  }
  Log(LogLevel::kError, fmt::format("{} rows rejected, no partition of {} holds their times: {}",
                                    progress.rows.size() - left.size(), settings_.plan.table, reason));
  progress.Left(std::move(left));
}

// A map that is always wrong (a partition with partitions of its own, one of which is missing) is no reason to try for
// ever: then it is a row's fault.
bool Committer::Reroute(const FailedAttempt& failed, Progress& progress) {
  if (++progress.reroutes > kMostReroutes) return Refused(failed, CommitStep::kIsolate, progress);
  progress.through_root = true;
  progress.provided = false;
  absl::Status read = LeaveFailedTransaction();
  if (read.ok()) {
    read =
        settings_.partitions->Refresh(*connection_, std::min(progress.deadline, pq::After(settings_.connect_timeout)));
  }
  progress.map = settings_.partitions->map();
  if (read.ok() && progress.reroutes == 1) return true;
  if (absl::IsNotFound(read)) return GiveUp({.status = read}, progress), false;
  return WaitForAnotherTry(read.ok() ? failed : FailedAttempt{.status = read}, progress);
}

}  // namespace bxb::write
