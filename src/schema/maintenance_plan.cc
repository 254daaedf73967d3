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

std::vector<TimeRange> MissingAhead(const PartitionMap& map, PartitionInterval interval, absl::Time now, int ahead) {
  std::vector<TimeRange> ranges = RangesAhead(interval, now, ahead);
  std::erase_if(ranges, [&](const TimeRange& range) { return Overlaps(map, range); });
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
      plan.notes.emplace_back("the latest partition is no hour, day, week or month of UTC: none is created or dropped");
    }
    return plan;
  }
  if (options.create) plan.create = MissingAhead(map, *interval, host_now, options.ahead);
  if (!options.keep) return plan;
  const absl::Time current = RangeOf(*interval, std::min(host_now, server_now)).from;
  const absl::Time keep_from = Shift(*interval, current, -*options.keep);
  if (keep_from < internal::kMinTimestamp) return plan;
  plan.keep_from = keep_from;
  plan.take_away = Before(map, keep_from);
  return plan;
}

}  // namespace bxb::schema
