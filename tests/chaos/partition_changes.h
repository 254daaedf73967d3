#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace bxb::chaos {

/// A daily partition.
struct Leaf {
  std::string name;
  absl::Time from, to;
};

/// What all sessions that change partitions share: who has which one, and how often what was done. Thread-safe.
class PartitionChanges {
 public:
  /// One of what `read` returns, at random, that nobody has: the caller's until Release, so that nobody else renames or
  /// detaches it meanwhile.
  std::optional<Leaf> Claim(absl::FunctionRef<std::vector<Leaf>()> read, std::mt19937_64& random);
  void Release(const Leaf& leaf);

  void Count(const std::string& what);
  void CountFailure(const std::string& what);
  int total() const;

  /// A line for each kind of change, then for what has kept them from being made.
  std::string Table() const;

 private:
  std::mutex claiming_;
  std::set<std::string> claimed_;

  mutable std::mutex counting_;
  std::map<std::string, int> counts_;
  std::map<std::string, int> failures_;
  int total_ = 0;
};

}  // namespace bxb::chaos
