#include "testing/server_folder.h"

#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "fmt/format.h"

namespace bxb::testing {
namespace {

constexpr std::string_view kFolderName = "/bxb-pg-XXXXXX";
constexpr std::string_view kSocketName = "/.s.PGSQL.65535";
constexpr std::size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t kTailBytes = 4000;

std::string ParentOf(const std::string& wanted) {
  const char* tmpdir = std::getenv("TMPDIR");
  const std::string fallback = tmpdir == nullptr || *tmpdir == '\0' ? "/tmp" : tmpdir;
  std::error_code error;
  return std::filesystem::absolute(wanted.empty() ? fallback : wanted, error).string();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

absl::StatusOr<ServerFolder> ServerFolder::Make(const std::string& parent_dir, const Account& owner) {
  std::string path = ParentOf(parent_dir).append(kFolderName);
  if (path.size() + kSocketName.size() > kLongestSocketPath) {
    return absl::InvalidArgumentError(fmt::format(
        "a socket in {} would have more than {} bytes: name a shorter parent_dir", path, kLongestSocketPath));
  }
  if (::mkdtemp(path.data()) == nullptr) return absl::ErrnoToStatus(errno, fmt::format("cannot make {}", path));
  if (::chown(path.c_str(), owner.uid, owner.gid) != 0) {
    return absl::ErrnoToStatus(errno, fmt::format("cannot chown {}", path));
  }
  return ServerFolder{.path = path, .owner = owner};
}

absl::Status ServerFolder::Write(std::string_view name, std::string_view text) const {
  const std::string file_path = fmt::format("{}/{}", data(), name);
  std::ofstream file(file_path, std::ios::trunc);
  if (!(file << text << std::flush) || ::chown(file_path.c_str(), owner.uid, owner.gid) != 0) {
    return absl::ErrnoToStatus(errno, fmt::format("cannot write {}", file_path));
  }
  return absl::OkStatus();
}

absl::Status ServerFolder::Configure(const std::map<std::string, std::string>& settings) const {
  const std::string before = ReadFile(data() + "/postgresql.conf");
  return Write("postgresql.conf", before + "\n" + SettingLines(settings));
}

std::string ServerFolder::LogTail() const {
  const std::string text = ReadFile(log());
  return text.size() <= kTailBytes ? text : "...\n" + text.substr(text.find('\n', text.size() - kTailBytes) + 1);
}

std::string SettingLines(const std::map<std::string, std::string>& settings) {
  std::string lines;
  for (const auto& [name, value] : settings) {
    lines += name + " = '";
    for (const char c : value) {
      if (c == '\'' || c == '\\') lines += c;
      lines += c;
    }
    lines += "'\n";
  }
  return lines;
}

}  // namespace bxb::testing
