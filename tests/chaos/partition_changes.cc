#include "chaos/partition_changes.h"

#include <fmt/format.h>

namespace bxb::chaos {

// It reads under the lock: a name that it finds is not about to become another partition's.
std::optional<Leaf> PartitionChanges::Claim(absl::FunctionRef<std::vector<Leaf>()> read, std::mt19937_64& random) {
  const std::lock_guard lock(claiming_);
  std::vector<Leaf> leaves = read();
  std::erase_if(leaves, [&](const Leaf& leaf) { return claimed_.contains(leaf.name); });
  if (leaves.empty()) return std::nullopt;
  const Leaf& leaf = leaves[std::uniform_int_distribution<std::size_t>(0, leaves.size() - 1)(random)];
  claimed_.insert(leaf.name);
  return leaf;
}

void PartitionChanges::Release(const Leaf& leaf) {
  const std::lock_guard lock(claiming_);
  claimed_.erase(leaf.name);
}

void PartitionChanges::Count(const std::string& what) {
  const std::lock_guard lock(counting_);
  ++counts_[what];
  ++total_;
}

void PartitionChanges::CountFailure(const std::string& what) {
  const std::lock_guard lock(counting_);
  ++failures_[what];
}

int PartitionChanges::total() const {
  const std::lock_guard lock(counting_);
  return total_;
}

std::string PartitionChanges::Table() const {
  const std::lock_guard lock(counting_);
  std::string table;
  for (const auto& [what, count] : counts_) table += fmt::format("{:>6}  {}\n", count, what);
  table += fmt::format("{:>6}  in all; statements that failed meanwhile:\n", total_);
  for (const auto& [what, count] : failures_) table += fmt::format("{:>6}  {}\n", count, what);
  return table;
}

}  // namespace bxb::chaos
