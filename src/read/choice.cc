#include "read/choice.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace bxb::read {
namespace {

using Pool = std::vector<Choosable>;

Pool Those(std::span<const Choosable> of, auto predicate) {
  Pool pool;
  std::ranges::copy_if(of, std::back_inserter(pool), predicate);
  return pool;
}

Pool Wanted(std::span<const Choosable> qualified, ReadPolicy policy) {
  switch (policy) {
    case ReadPolicy::kPreferReplica:
      return Those(qualified, [](const Choosable& one) { return !one.primary; });
    case ReadPolicy::kPrimaryOnly:
      return Those(qualified, [](const Choosable& one) { return one.primary; });
    case ReadPolicy::kNearest:
      if (Pool near = Those(qualified, [](const Choosable& one) { return one.near; }); !near.empty()) return near;
      break;
    case ReadPolicy::kLeastLatency:
    case ReadPolicy::kRoundRobin:
      break;
  }
  return {qualified.begin(), qualified.end()};
}

// What is nearly the same is the same: or one of two replicas would stand idle as long as its checks take a little
// more.
constexpr double kClearly = 1.5;

absl::Duration Cost(const Choosable& one) { return one.latency * (one.under_way + 1); }

std::size_t BestOfTwo(const Pool& pool, absl::FunctionRef<std::uint64_t()> draw) {
  const std::size_t first = draw() % pool.size();
  const std::size_t second = (first + 1 + draw() % (pool.size() - 1)) % pool.size();
  return Cost(pool[second]) * kClearly < Cost(pool[first]) ? second : first;
}

// A read that waits for a session somewhere had better go where one is free.
void LeaveOutFull(Pool& pool) {
  const auto full = [](const Choosable& one) { return one.full; };
  if (!std::ranges::all_of(pool, full)) std::erase_if(pool, full);
}

}  // namespace

std::optional<std::size_t> Choose(std::span<const Choosable> qualified, ReadPolicy policy, bool primary_too,
                                  std::uint64_t turn, absl::FunctionRef<std::uint64_t()> draw) {
  Pool pool = Wanted(qualified, policy);
  if (pool.empty() && primary_too) pool = Wanted(qualified, ReadPolicy::kPrimaryOnly);
  if (pool.empty()) return std::nullopt;
  LeaveOutFull(pool);
  if (pool.size() == 1) return pool.front().server;
  if (policy == ReadPolicy::kRoundRobin) return pool[turn % pool.size()].server;
  return pool[BestOfTwo(pool, draw)].server;
}

}  // namespace bxb::read
