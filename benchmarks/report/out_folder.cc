#include "report/out_folder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "support/session.h"

namespace bxb::bench::report {
namespace {

// A lock of the process, which experiments do not inherit: they may outlive it for a moment.
bool Lock(const testing::FileDescriptor& file) {
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return fcntl(file.get(), F_SETLK, &whole) == 0;
}

}  // namespace

OutFolder::OutFolder(const std::string& path) {
  MakeFolder(path);
  path_ = path;
  lock_ = testing::FileDescriptor(open((path + "/.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!lock_.valid()) Die(path + " cannot be written to");
  if (!Lock(lock_)) Die(fmt::format("another run writes to {}: wait for it, or name another --out", path));
  std::error_code ignored;
  std::filesystem::remove_all(work(), ignored);
}

OutFolder::~OutFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(work(), ignored);
}

std::string OutFolder::work() const { return std::filesystem::absolute(path_).string() + "/work"; }

void MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) Die(fmt::format("{} cannot be made: {}", path, error.message()));
}

}  // namespace bxb::bench::report
