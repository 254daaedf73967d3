#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

#include "support/server.h"

namespace bxb::bench {

/// Processor time spent since it was made: by this process, and by the private server's processes that are
/// still there (nothing is known of a user's server). On a busy machine it says more than the clock does.
class CpuTime {
 public:
  explicit CpuTime(Server& server);

  /// Adds the counters client_us and server_us, per row.
  void Report(benchmark::State& state, std::size_t rows) const;

 private:
  int postmaster_;
  double client_;
  double server_;
};

}  // namespace bxb::bench
