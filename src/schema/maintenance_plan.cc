#include "schema/maintenance_plan.h"

#include <algorithm>

#include "bxb/internal/time_codec.h"
#include "schema/partition_create.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

bool Overlaps(const PartitionMap& map, const TimeRange& range) {
  return std::ranges::any_of(map.partitions(), [&](const Partition& partition) {
    return FromPgMicros(partition.from) < range.to && range.from < FromPgMicros(partition.to);
  });
}

std::vector<TimeRange> Missing(const PartitionMap& map, std::vector<TimeRange> ranges,
                               std::optional<absl::Time> keep_from) {
  std::erase_if(ranges,
                [&](const TimeRange& range) { return Overlaps(map, range) || (keep_from && range.from < *keep_from); });
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
  MaintenancePlan plan;
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
  plan.keep_from = KeepFrom(*interval, std::min(host_now, server_now), options);
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

}  // namespace bxb::schema
