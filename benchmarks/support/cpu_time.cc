#include "support/cpu_time.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>

namespace bxb::bench {
namespace {

double OfThisProcess() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OfProcess(int pid) {
  double nanoseconds = 0;
  std::ifstream(fmt::format("/proc/{}/schedstat", pid)) >> nanoseconds;
  return nanoseconds / 1e9;
}

double OfChildren(int pid) {
  double seconds = 0;
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", pid));
  for (int child = 0; children >> child;) seconds += OfProcess(child);
  return seconds;
}

}  // namespace

CpuTime::CpuTime(Server& server)
    : postmaster_(server.running().pid), client_(OfThisProcess()), server_(OfChildren(postmaster_)) {}

void CpuTime::Report(benchmark::State& state, std::size_t rows) const {
  const double scale = 1e6 / static_cast<double>(rows);
  state.counters["client_us"] = (OfThisProcess() - client_) * scale;
  if (postmaster_ != 0) state.counters["server_us"] = (OfChildren(postmaster_) - server_) * scale;
}

}  // namespace bxb::bench
