#include "chaos/small_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "testing/file_descriptor.h"

namespace bxb::chaos {

absl::Status SmallDisk::With(int megabytes, const std::function<absl::Status(SmallDisk&)>& use) {
  // Outside of the thread: who removes the folder must not see the mount.
  const testing::TemporaryFolder root;
  absl::Status status;
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), "small-disk");
    SmallDisk disk(root);
    status = disk.Mount(megabytes);
    if (status.ok()) status = use(disk);
  });
  thread.join();
  return status;
}

// Nothing of it spreads to the rest of the system, and nothing is left of it once thread and server are gone.
absl::Status SmallDisk::Mount(int megabytes) const {
  const auto& [uid, gid] = root_.owner();
  const std::string options = fmt::format("size={}m,mode=0700,uid={},gid={}", megabytes, uid, gid);
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("bxb-small-disk", root_.path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, "cannot mount a tmpfs, which the disk-full faults need (run this test as root)");
  }
  if (::mkdir(folder_.c_str(), 0700) == 0 && ::chown(folder_.c_str(), uid, gid) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, folder_);
}

absl::Status SmallDisk::Fill() {
  const testing::FileDescriptor file(::open(filler_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.valid()) return absl::ErrnoToStatus(errno, filler_);
  const std::array<char, 4096> zeros = {};
  while (::write(file.get(), zeros.data(), zeros.size()) > 0) {
  }
  return errno == ENOSPC ? absl::OkStatus() : absl::ErrnoToStatus(errno, filler_);
}

absl::Status SmallDisk::Free() {
  return ::unlink(filler_.c_str()) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, filler_);
}

}  // namespace bxb::chaos
