#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bxb/writer_stats.h"
#include "chaos/cluster.h"
#include "chaos/tally.h"

namespace bxb::chaos {

/// Makes faults in a cluster while it is written to, one after the other.
class Injector {
 public:
  /// A writer whose progress is watched.
  struct Watched {
    std::string name;
    std::function<WriterStats()> stats;
  };

  /// So many faults of a kind; cuts come in bursts, each of which counts as one here.
  struct Share {
    Fault fault;
    int count;
  };

  Injector(Cluster& cluster, std::vector<Watched> writers, std::uint64_t seed, Tally& tally);

  /// Makes the scheduled faults in a random order, and then cheap ones until there are `total`. Stops at the first one
  /// that could not be made or after which a writer has stored nothing for a minute; the error names it.
  absl::Status Run(std::span<const Share> schedule, int total);

 private:
  absl::Status Inject(Fault fault);
  absl::Status Make(Fault fault);
  absl::Status Cut(Fault fault, testing::CutPoint point);
  absl::Status CutEverything();
  absl::Status Stall();
  absl::Status Freeze(testing::EphemeralPostgres& server);
  absl::Status CrashPgBouncer();
  absl::Status AwaitProgress(std::uint64_t events);
  absl::Status TellState(const std::string& what);
  void TellProgress();
  testing::SocketProxy& AnyProxy();
  int Number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  absl::Duration Pause(int low_ms, int high_ms) { return absl::Milliseconds(Number(low_ms, high_ms)); }

  Cluster& cluster_;
  const std::vector<Watched> writers_;
  std::mt19937_64 random_;
  Tally& tally_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_ = start_;
};

}  // namespace bxb::chaos
