#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/partitions.h"
#include "schema/partition_map.h"

namespace bxb::schema {

/// What a round of maintenance is to do.
struct MaintenancePlan {
  std::vector<TimeRange> create;        ///< by time
  std::vector<Partition> take_away;     ///< by time
  std::optional<absl::Time> keep_from;  ///< where retention begins to keep; unset: all stay
  absl::Time now;                       ///< by the clock that is behind
  std::vector<std::string> notes;
};

/// Pure: the same map, clocks and options give the same plan. New partitions go by the host's clock, as the events that
/// are accepted do; retention goes by the clock that is behind.
MaintenancePlan PlanMaintenance(const PartitionMap& map, absl::Time host_now, absl::Time server_now,
                                const PartitionOptions& options);

/// Where retention begins to keep partitions of one interval; unset: all stay.
std::optional<absl::Time> KeepFrom(PartitionInterval interval, absl::Time now, const PartitionOptions& options);

/// The same for one range, counted in its own interval, or in the next longer one where it is none; unset beyond a
/// month. A range without a beginning or an end limits nothing: InfiniteFuture.
std::optional<absl::Time> KeepFrom(const TimeRange& range, absl::Time now, const PartitionOptions& options);

/// The same for a table: the earliest of what its partitions, the latest among them, count. A partition that is finer
/// than the others takes none of them away.
std::optional<absl::Time> KeepFrom(const PartitionMap& map, absl::Time now, const PartitionOptions& options);

}  // namespace bxb::schema
