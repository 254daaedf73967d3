#include "report/pooling/memory.h"

#include <fmt/format.h>

#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "testing/process.h"

namespace bxb::bench::report {

double MemoryOf(pid_t pid) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; rollup >> word;) {
    double kilobytes = 0;
    if (word == "Pss:" && rollup >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

double MemoryOfServer(pid_t postmaster) {
  const std::vector<pid_t> children = testing::ChildrenOf(postmaster);
  return std::accumulate(children.begin(), children.end(), MemoryOf(postmaster),
                         [](double sum, pid_t child) { return sum + MemoryOf(child); });
}

}  // namespace bxb::bench::report
