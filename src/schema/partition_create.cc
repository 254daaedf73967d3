#include "schema/partition_create.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "bxb/internal/server_error.h"
#include "bxb/internal/time_codec.h"
#include "bxb/status.h"
#include "schema/partition_catalog.h"
#include "schema/partition_ddl.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

// Spells "bxbp", above the table's oid; advisory locks share one space of numbers with the host's own.
constexpr const char* kLockCreators =
    "SELECT pg_advisory_xact_lock(1652056688::int8 << 32 | to_regclass({})::oid::int8)";

// Only those wait here who create partitions themselves, so it need not be short.
constexpr absl::Duration kCreatorsTurn = absl::Seconds(10);

absl::Status CheckRange(const TimeRange& range) {
  if (IsPossible(range)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("no partition can hold [{}, {})", absl::FormatTime(range.from), absl::FormatTime(range.to)));
}

bool Overlap(const TimeRange& a, const TimeRange& b) { return a.from < b.to && b.from < a.to; }

absl::Duration Left(pq::Deadline deadline) { return absl::FromChrono(deadline - pq::Deadline::clock::now()); }

// What the server's words mean to somebody who wants a partition.
absl::Status Explain(const absl::Status& status) {
  const std::string state = SqlStateOf(status);
  const auto as = [&](absl::StatusCode code, const std::string& text) {
    return internal::WithServerError(absl::Status(code, text), ServerErrorOf(status));
  };
  const std::string words(status.message());
  if (state == "23514") {
    return as(absl::StatusCode::kFailedPrecondition, "the DEFAULT partition holds rows of the new one: " + words);
  }
  // Somebody who does not take the advisory lock has been quicker, or a partition of that range is being detached.
  const bool taken = state == "42P07" || state == "42710" || state == "23505" || state == "42P17";
  return taken ? as(absl::StatusCode::kAborted, words) : status;
}

/// One transaction that creates partitions.
class Creation {
 public:
  Creation(pq::Connection& connection, const Table& table, const TimePartitioning& by, pq::Deadline deadline)
      : connection_(connection), table_(table), by_(by), deadline_(deadline) {}

  absl::Status Begin(absl::Duration lock_timeout) {
    const std::string root = QuoteLiteral(table_.sql_name);
    const std::string turn = SetLockTimeout(std::min(kCreatorsTurn, Left(deadline_) / 2));
    const auto begun = connection_.Query(
        fmt::format("{}{}; {}; {}", kBeginInUtc, turn, fmt::format(kLockCreators, root), SetLockTimeout(lock_timeout)),
        deadline_);
    return begun.status();
  }

  absl::Status ReadWhatExists() {
    const auto rows = connection_.Query(PartitionsSql(table_, {}), deadline_);
    if (!rows.ok()) return rows.status();
    const PartitionMap map = PartitionMapOfRows(*rows);
    for (const Partition& partition : map.partitions()) taken_.push_back(partition.range());
    auto like = ReadPartitionTemplate(connection_, table_,
                                      map.partitions().empty() ? nullptr : &map.partitions().back(), deadline_);
    if (!like.ok()) return like.status();
    like_ = *std::move(like);
    return absl::OkStatus();
  }

  absl::Status CreateIfMissing(const TimeRange& range) {
    if (std::ranges::any_of(taken_, [&](const TimeRange& other) { return Overlap(range, other); })) {
      return absl::OkStatus();
    }
    const auto name = FreePartitionName(connection_, table_, range, deadline_);
    if (!name.ok()) return name.status();
    const auto made = connection_.Query(PartitionDdl(table_, by_, like_, *name, range), deadline_);
    if (!made.ok()) return made.status();
    taken_.push_back(range);
    changes_.push_back({.kind = PartitionChange::Kind::kCreated, .table = *name, .range = range});
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<PartitionChange>> Commit() {
    const auto committed = connection_.Query("COMMIT", deadline_);
    if (!committed.ok()) return committed.status();
    return std::move(changes_);
  }

 private:
  pq::Connection& connection_;
  const Table& table_;
  const TimePartitioning& by_;
  const pq::Deadline deadline_;
  std::vector<TimeRange> taken_;
  PartitionTemplate like_;
  std::vector<PartitionChange> changes_;
};

}  // namespace

absl::StatusOr<std::vector<PartitionChange>> CreatePartitions(pq::Connection& connection, const Table& table,
                                                              const TimePartitioning& by,
                                                              std::span<const TimeRange> ranges,
                                                              absl::Duration lock_timeout, pq::Deadline deadline) {
  for (const TimeRange& range : ranges) {
    if (absl::Status valid = CheckRange(range); !valid.ok()) return valid;
  }
  Creation creation(connection, table, by, deadline);
  absl::Status step = creation.Begin(lock_timeout);
  if (step.ok()) step = creation.ReadWhatExists();
  for (std::size_t i = 0; step.ok() && i < ranges.size(); ++i) step = creation.CreateIfMissing(ranges[i]);
  if (!step.ok()) return RolledBack(connection, Explain(step), deadline);
  return creation.Commit();
}

bool IsPossible(const TimeRange& range) {
  const bool finite = range.from != absl::InfinitePast() && range.to != absl::InfiniteFuture();
  return finite && range.from < range.to && internal::IsTimestamp(range.from) && internal::IsTimestamp(range.to);
}

std::vector<TimeRange> RangesAround(PartitionInterval interval, absl::Time now, int behind, int ahead) {
  const absl::Time first = Shift(interval, RangeOf(interval, now).from, -behind);
  std::vector<TimeRange> ranges = {{first, Shift(interval, first, 1)}};
  for (int i = 0; i < behind + ahead; ++i) ranges.push_back({ranges.back().to, Shift(interval, ranges.back().to, 1)});
  return ranges;
}

}  // namespace bxb::schema
