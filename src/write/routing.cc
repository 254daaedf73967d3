#include "write/routing.h"

#include <algorithm>
#include <numeric>

namespace bxb::write {
namespace {

constexpr std::uint32_t kThroughRoot = 0;

bool IsWorthACopy(std::size_t rows, std::size_t of) { return rows >= std::max(kDirectRows, of / kDirectShare); }

// Looks a row's partition up; neighbours mostly share one.
class Finder {
 public:
  Finder(const Batch& batch, const schema::PartitionMap& map) : batch_(batch), map_(map) {}

  std::optional<std::uint32_t> operator()(std::uint32_t row) {
    const schema::PgMicros time = batch_.Time(row);
    if (last_) {
      const schema::Partition& partition = map_.partitions()[*last_];
      if (partition.from <= time && time < partition.to) return last_;
    }
    last_ = map_.Find(time);
    return last_;
  }

 private:
  const Batch& batch_;
  const schema::PartitionMap& map_;
  std::optional<std::uint32_t> last_;
};

// A number for each row that sorts as the rows are sent: of its partition, or of the root.
std::vector<std::uint32_t> GroupsOf(const Batch& batch, const schema::PartitionMap& map) {
  Finder find(batch, map);
  std::vector<std::uint32_t> groups(batch.rows());
  std::vector<std::uint32_t> sizes(map.partitions().size() + 1);
  for (std::uint32_t row = 0; row < groups.size(); ++row) {
    const auto partition = find(row);
    groups[row] = partition ? *partition + 1 : kThroughRoot;
    ++sizes[groups[row]];
  }
  const auto goes_direct = [&](std::uint32_t group) {
    return group != kThroughRoot && IsWorthACopy(sizes[group], groups.size()) && map.partitions()[group - 1].direct;
  };
  for (std::uint32_t& group : groups) group = goes_direct(group) ? group : kThroughRoot;
  return groups;
}

}  // namespace

std::vector<std::uint32_t> SendOrder(const Batch& batch, const schema::PartitionMap* map, bool by_key) {
  std::vector<std::uint32_t> order(batch.rows());
  std::iota(order.begin(), order.end(), 0U);
  if (map == nullptr || batch.rows() < kDirectRows) {
    if (by_key) batch.SortByKey(order);
    return order;
  }
  const auto groups = GroupsOf(batch, *map);
  const auto by_group = [&](std::uint32_t a, std::uint32_t b) { return groups[a] < groups[b]; };
  if (!std::ranges::is_sorted(order, by_group)) std::ranges::stable_sort(order, by_group);
  for (std::size_t begin = 0, end = 0; by_key && begin < order.size(); begin = end) {
    while (end < order.size() && groups[order[end]] == groups[order[begin]]) ++end;
    batch.SortByKey(std::span(order).subspan(begin, end - begin));
  }
  return order;
}

std::vector<Segment> SegmentsOf(const Batch& batch, std::span<const std::uint32_t> rows,
                                const schema::PartitionMap* map) {
  const std::vector<Segment> all_through_root = {{.partition = nullptr, .rows = rows}};
  if (map == nullptr || rows.size() < kDirectRows) return all_through_root;
  Finder find(batch, *map);
  std::vector<Segment> segments;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const auto partition = find(rows[begin]);
    while (end < rows.size() && find(rows[end]) == partition) ++end;
    const bool direct = partition && IsWorthACopy(end - begin, rows.size()) && map->partitions()[*partition].direct;
    if (direct) {
      segments.push_back({.partition = &map->partitions()[*partition], .rows = rows.subspan(begin, end - begin)});
    } else if (begin == 0) {
      segments.push_back({.partition = nullptr, .rows = rows.first(end)});
    } else if (segments.size() == 1 && segments.front().partition == nullptr) {
      segments.front().rows = rows.first(end);
    } else {
      return all_through_root;
    }
  }
  return segments;
}

std::vector<std::uint32_t> RowsWithoutPartition(const Batch& batch, std::span<const std::uint32_t> rows,
                                                const schema::PartitionMap& map) {
  Finder find(batch, map);
  std::vector<std::uint32_t> homeless;
  std::ranges::copy_if(rows, std::back_inserter(homeless), [&](std::uint32_t row) { return !find(row); });
  return homeless;
}

std::pair<schema::PgMicros, schema::PgMicros> TimesOf(const Batch& batch, std::span<const std::uint32_t> rows) {
  const auto [first, last] = std::ranges::minmax(rows, {}, [&](std::uint32_t row) { return batch.Time(row); });
  return {batch.Time(first), batch.Time(last)};
}

}  // namespace bxb::write
