#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

namespace bxb::bench {

/// Holds the memory of processes, page cache included, to a bound: a memory cgroup of version 1 or 2, which takes
/// a right to write to /sys/fs/cgroup that mostly root has. Gone with this object, once the processes are.
class MemoryGroup {
 public:
  /// Null where that is not possible.
  static std::unique_ptr<MemoryGroup> Make(std::size_t bytes);
  ~MemoryGroup();
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  /// Takes in a process, its children, and all that they will start.
  void Add(pid_t pid);

  const std::string& folder() const { return folder_; }

 private:
  explicit MemoryGroup(std::string folder);

  std::string folder_;
};

/// For people: what a group does, or that there is none.
std::string Describe(const MemoryGroup* group, std::size_t bytes);

}  // namespace bxb::bench
