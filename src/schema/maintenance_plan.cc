#include "schema/maintenance_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bxb/internal/time_codec.h"
#include "schema/partition_create.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

// 32 days: a calendar month of another time zone may be an hour longer than one of UTC.
constexpr std::array kLongest = {std::pair(PartitionInterval::kHour, absl::Hours(1)),
                                 std::pair(PartitionInterval::kDay, absl::Hours(24)),
                                 std::pair(PartitionInterval::kWeek, absl::Hours(7 * 24)),
                                 std::pair(PartitionInterval::kMonth, absl::Hours(32 * 24))};

std::optional<PartitionInterval> CountsAs(const TimeRange& range) {
  if (const auto own = IntervalOf(range)) return own;
  const auto next =
      std::ranges::lower_bound(kLongest, range.to - range.from, {}, [](const auto& of) { return of.second; });
  return next == kLongest.end() ? std::nullopt : std::optional(next->first);
}

/// Why retention keeps more than the latest partition's interval says; empty where it does not.
std::string WhyKeptLonger(const PartitionMap& map, const MaintenancePlan& plan, const PartitionOptions& options) {
  const auto by_latest = KeepFrom(*map.interval(), plan.now, options);
  if (by_latest == plan.keep_from) return "";
  const auto other = std::ranges::find_if(map.partitions(), [&](const Partition& partition) {
    return KeepFrom(partition.range(), plan.now, options) == plan.keep_from;
  });
  return fmt::format("{} differs in length from the latest partition: while it is there, {}", other->sql_name,
                     plan.keep_from ? "partitions.keep counts the longer interval" : "none is dropped");
}

std::vector<TimeRange> Missing(const PartitionMap& map, std::vector<TimeRange> ranges,
                               std::optional<absl::Time> keep_from) {
  std::erase_if(ranges,
                [&](const TimeRange& range) { return map.Overlaps(range) || (keep_from && range.from < *keep_from); });
  return ranges;
}

std::vector<Partition> Before(const PartitionMap& map, absl::Time bound) {
  std::vector<Partition> old;
  std::ranges::copy_if(map.partitions(), std::back_inserter(old), [&](const Partition& partition) {
    return partition.to != kAfterAll && FromPgMicros(partition.to) <= bound;
  });
  return old;
}

}  // namespace

MaintenancePlan PlanMaintenance(const PartitionMap& map, absl::Time host_now, absl::Time server_now,
                                const PartitionOptions& options) {
  MaintenancePlan plan = {.now = std::min(host_now, server_now)};
  const auto interval = map.interval();
  if (!interval) {
    if (options.create || options.keep) {
      plan.notes.emplace_back(map.partitions().empty()
                                  ? "there is no partition to take the interval from: create the first one by hand"
                                  : "the latest partition is no hour, day, week or month of UTC: none is created, and "
                                    "none is dropped");
    }
    return plan;
  }
  plan.keep_from = KeepFrom(map, plan.now, options);
  if (std::string why = WhyKeptLonger(map, plan, options); !why.empty()) plan.notes.push_back(std::move(why));
  if (options.create) {
    plan.create = Missing(map, RangesAround(*interval, host_now, options.behind, options.ahead), plan.keep_from);
  }
  if (plan.keep_from) plan.take_away = Before(map, *plan.keep_from);
  return plan;
}

std::optional<absl::Time> KeepFrom(PartitionInterval interval, absl::Time now, const PartitionOptions& options) {
  if (!options.keep) return std::nullopt;
  const absl::Time keep_from = Shift(interval, RangeOf(interval, now).from, -*options.keep);
  return keep_from < internal::kMinTimestamp ? std::nullopt : std::optional(keep_from);
}

std::optional<absl::Time> KeepFrom(const TimeRange& range, absl::Time now, const PartitionOptions& options) {
  if (range.from == absl::InfinitePast() || range.to == absl::InfiniteFuture()) return absl::InfiniteFuture();
  const auto interval = CountsAs(range);
  return interval ? KeepFrom(*interval, now, options) : std::nullopt;
}

std::optional<absl::Time> KeepFrom(const PartitionMap& map, absl::Time now, const PartitionOptions& options) {
  const auto interval = map.interval();
  auto earliest = interval ? KeepFrom(*interval, now, options) : std::nullopt;
  for (const Partition& partition : map.partitions()) {
    if (earliest) earliest = std::min(earliest, KeepFrom(partition.range(), now, options));
  }
  return earliest;
}

}  // namespace bxb::schema
