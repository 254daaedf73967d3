#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>

namespace bxb::chaos {

enum class Fault : std::uint8_t {
  kTerminateBackend,
  kTerminateAllBackends,
  kCrashBackend,
  kCrashServer,
  kFailOver,
  kCutBeforeData,
  kCutInsideData,
  kCutAfterEndMarker,
  kCutBeforeReply,
  kCutEverything,
  kStallConnections,
  kFreezePrimary,
  kFreezeStandby,
  kCrashPgBouncer,
  kFillDisk,
};
inline constexpr std::size_t kFaults = 15;

const char* Name(Fault fault);

/// How many faults of each kind there were. Thread-compatible.
class Tally {
 public:
  void Add(Fault fault, int count = 1) { counts_[static_cast<std::size_t>(fault)] += count; }
  int of(Fault fault) const { return counts_[static_cast<std::size_t>(fault)]; }
  int total() const { return std::accumulate(counts_.begin(), counts_.end(), 0); }

  /// A table, a line for each kind.
  std::string Table() const;

 private:
  std::array<int, kFaults> counts_ = {};
};

}  // namespace bxb::chaos
