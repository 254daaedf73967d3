#include "schema/partition_map.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bxb/internal/time_codec.h"

namespace bxb::schema {
namespace {

constexpr std::array kIntervals = {PartitionInterval::kHour, PartitionInterval::kDay, PartitionInterval::kWeek,
                                   PartitionInterval::kMonth};

bool IsFinite(const Partition& partition) { return partition.from != kBeforeAll && partition.to != kAfterAll; }

}  // namespace

PgMicros ToPgMicros(absl::Time time) {
  if (time < internal::kMinTimestamp) return kBeforeAll;
  if (time >= internal::kEndTimestamp) return kAfterAll;
  return internal::ToPgMicros(time);
}

absl::Time FromPgMicros(PgMicros micros) { return internal::FromPgMicros(micros); }

std::optional<PartitionInterval> IntervalOf(const TimeRange& range) {
  const auto same = std::ranges::find_if(
      kIntervals, [&](PartitionInterval interval) { return RangeOf(interval, range.from) == range; });
  return same == kIntervals.end() ? std::nullopt : std::optional(*same);
}

PartitionMap::PartitionMap(std::vector<Partition> partitions, bool has_default)
    : partitions_(std::move(partitions)), has_default_(has_default) {
  // By both ends: one that ends with -infinity is empty, and stands before the one that begins there.
  std::ranges::sort(partitions_, {},
                    [](const Partition& partition) { return std::pair(partition.from, partition.to); });
}

std::optional<std::uint32_t> PartitionMap::Find(PgMicros time) const {
  const auto after = std::ranges::upper_bound(partitions_, time, {}, &Partition::from);
  if (after == partitions_.begin() || time >= std::prev(after)->to) return std::nullopt;
  return static_cast<std::uint32_t>(std::prev(after) - partitions_.begin());
}

bool PartitionMap::Overlaps(const TimeRange& range) const {
  return std::ranges::any_of(partitions_, [&](const Partition& partition) {
    const TimeRange held = partition.range();
    return held.from < range.to && range.from < held.to;
  });
}

bool PartitionMap::any_unlogged() const { return std::ranges::any_of(partitions_, &Partition::unlogged); }

std::optional<PartitionInterval> PartitionMap::interval() const {
  const auto latest = std::ranges::find_if(partitions_.rbegin(), partitions_.rend(), IsFinite);
  if (latest == partitions_.rend()) return std::nullopt;
  return IntervalOf(latest->range());
}

}  // namespace bxb::schema
