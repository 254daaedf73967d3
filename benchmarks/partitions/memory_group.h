#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "partitions/at_end.h"

namespace bxb::bench::partitions {

/// Holds the memory of processes, page cache included, to a bound: a memory cgroup of version 1 or 2, which takes
/// a right to write to /sys/fs/cgroup that mostly root has. It goes with this object, and when this process is killed,
/// once its processes have gone.
class MemoryGroup {
 public:
  /// Null where that is not possible.
  static std::unique_ptr<MemoryGroup> Make(std::size_t bytes);

  /// Takes in a process, its children, and all that they will start. Dies where the process does not get in.
  void Add(pid_t pid);

  const std::string& folder() const { return folder_; }

 private:
  explicit MemoryGroup(std::string folder);

  std::string folder_;
  AtEnd remove_;
};

/// For people: what a group does, or that there is none.
std::string Describe(const MemoryGroup* group, std::size_t bytes);

}  // namespace bxb::bench::partitions
