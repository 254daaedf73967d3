#include "partitions/memory_group.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include "support/session.h"
#include "testing/process.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::string_view kRoot = "/sys/fs/cgroup";

struct Version {
  std::string_view parent;
  std::string_view limit;
};

constexpr std::array kVersions = {Version{"/memory", "memory.limit_in_bytes"}, Version{"", "memory.max"}};

// A process that has ended leaves its group a moment later; a server that is stopped, after its last checkpoint.
constexpr char kRemoveScript[] = R"sh(for i in $(seq 3000); do rmdir "$1" && exit; sleep 0.1; done)sh";

// The kernel tells of a refusal when the file is written, not before.
bool WriteTo(const std::string& path, std::size_t value) {
  std::ofstream file(path);
  return static_cast<bool>(file << value << std::flush);
}

}  // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::Make(std::size_t bytes) {
  static int count = 0;
  const std::string name = fmt::format("bxb_bench_{}_{}", getpid(), ++count);
  for (const auto& [parent, limit] : kVersions) {
    const std::string folder = fmt::format("{}{}/{}", kRoot, parent, name);
    const std::string limit_file = fmt::format("{}/{}", folder, limit);
    // The kernel fills a new group's folder; anywhere else there is no file for the limit.
    if (::mkdir(folder.c_str(), 0755) != 0) continue;
    std::unique_ptr<MemoryGroup> group(new MemoryGroup(folder));
    if (::access(limit_file.c_str(), W_OK) == 0 && WriteTo(limit_file, bytes)) return group;
  }
  return nullptr;
}

MemoryGroup::MemoryGroup(std::string folder) : folder_(std::move(folder)), remove_(kRemoveScript, {folder_}) {}

// A child may have ended by now; its parent has not.
void MemoryGroup::Add(pid_t pid) {
  const std::string members = folder_ + "/cgroup.procs";
  if (!WriteTo(members, static_cast<std::size_t>(pid)))
    Die(fmt::format("process {} does not get into {}", pid, folder_));
  for (const pid_t child : testing::ChildrenOf(pid)) WriteTo(members, static_cast<std::size_t>(child));
}

std::string Describe(const MemoryGroup* group, std::size_t bytes) {
  if (group == nullptr) return "NOT HELD: no memory cgroup can be made here, and all of the machine's is used";
  return fmt::format("held to {} MiB with its page cache, by {}", bytes >> 20, group->folder());
}

}  // namespace bxb::bench::partitions
