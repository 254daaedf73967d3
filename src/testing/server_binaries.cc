#include "testing/server_binaries.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "pq/deadline.h"
#include "testing/account.h"
#include "testing/process.h"

namespace bxb::testing {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kToolTimeout = absl::Seconds(10);

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool HoldsServer(const fs::path& dir) {
  return ::access((dir / "initdb").c_str(), X_OK) == 0 && ::access((dir / "postgres").c_str(), X_OK) == 0;
}

// Debian's and Ubuntu's place: one folder a major version.
std::optional<std::string> NewestPackaged() {
  std::optional<std::string> newest;
  int newest_major = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const int major = std::atoi(entry.path().filename().c_str());
    if (major <= newest_major || !HoldsServer(entry.path() / "bin")) continue;
    newest_major = major;
    newest = entry.path() / "bin";
  }
  return newest;
}

std::optional<std::string> InPath(std::string_view program) {
  std::istringstream folders(Variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path path = fs::path(folder) / program;
    std::error_code error;
    // The real place, since the programs look for each other beside themselves.
    if (::access(path.c_str(), X_OK) == 0) return fs::canonical(path, error);
  }
  return std::nullopt;
}

std::optional<std::string> FromPgConfig() {
  const std::optional<std::string> pg_config = InPath("pg_config");
  if (!pg_config) return std::nullopt;
  const auto output = Run({*pg_config, "--bindir"}, Account::Own(), pq::After(kToolTimeout));
  if (!output.ok()) return std::nullopt;
  const std::string dir = output->substr(0, output->find('\n'));
  return HoldsServer(dir) ? std::optional(dir) : std::nullopt;
}

std::optional<std::string> FromPath() {
  const std::optional<std::string> initdb = InPath("initdb");
  if (!initdb) return std::nullopt;
  const fs::path dir = fs::path(*initdb).parent_path();
  return HoldsServer(dir) ? std::optional(dir.string()) : std::nullopt;
}

absl::Status NotInstalled(std::string_view place) {
  return absl::NotFoundError(
      fmt::format("no PostgreSQL server (initdb and postgres) {}: install the package postgresql (Debian, Ubuntu, "
                  "Alpine: postgresql; Fedora, RHEL, SUSE: postgresql-server), or name the folder of its programs in "
                  "BXB_PG_BINDIR",
                  place));
}

}  // namespace

absl::StatusOr<std::string> FindServerBinaries(const std::string& bin_dir) {
  const std::string wanted = bin_dir.empty() ? Variable("BXB_PG_BINDIR") : bin_dir;
  if (!wanted.empty()) {
    if (!HoldsServer(wanted)) return NotInstalled(fmt::format("in {}", wanted));
    std::error_code error;
    return fs::absolute(wanted, error).string();
  }
  for (const auto find : {NewestPackaged, FromPgConfig, FromPath}) {
    if (const std::optional<std::string> found = find()) return *found;
  }
  return NotInstalled("on this machine");
}

absl::StatusOr<int> ServerVersion(const std::string& bin_dir) {
  const auto output = Run({bin_dir + "/postgres", "--version"}, Account::Own(), pq::After(kToolTimeout));
  if (!output.ok()) return output.status();
  int major = 0;
  int minor = 0;  // stays 0 for a beta: "18beta1"
  if (std::sscanf(output->c_str(), "postgres (PostgreSQL) %d.%d", &major, &minor) < 1) {
    return absl::InternalError(fmt::format("cannot read the server's version from: {}", *output));
  }
  return major * 10000 + minor;
}

}  // namespace bxb::testing
