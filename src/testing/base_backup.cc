#include "testing/base_backup.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "pq/connection.h"

namespace bxb::testing {
namespace {

namespace fs = std::filesystem;

// What a standby must not have, or makes anew; the same list as pg_basebackup's. The WAL comes from the primary.
constexpr std::array<std::string_view, 7> kEmptyFolders = {"pg_wal",    "pg_replslot",  "pg_dynshmem", "pg_notify",
                                                           "pg_serial", "pg_snapshots", "pg_subtrans"};
constexpr std::array<std::string_view, 2> kNotCopied = {"postmaster.pid", "postmaster.opts"};

template <typename Names>
bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status Failed(const fs::path& path, const std::error_code& error) {
  return absl::InternalError(fmt::format("cannot copy {}: {}", path.string(), error.message()));
}

absl::Status GiveTo(const Account& owner, const fs::path& path) {
  if (::lchown(path.c_str(), owner.uid, owner.gid) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, fmt::format("cannot chown {}", path.string()));
}

absl::Status CopyEntry(const fs::directory_entry& entry, const fs::path& to, const Account& owner) {
  std::error_code error;
  if (entry.is_symlink(error)) {
    return absl::UnimplementedError(fmt::format("{} is outside of the server's folder", entry.path().string()));
  }
  if (entry.is_directory(error)) {
    fs::create_directory(to, entry.path(), error);
  } else {
    fs::copy_file(entry.path(), to, error);
  }
  // The server drops tables while it is copied; replay does without them.
  if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  return error ? Failed(entry.path(), error) : GiveTo(owner, to);
}

absl::Status CopyData(const fs::path& from, const fs::path& to, const Account& owner) {
  std::error_code error;
  fs::create_directory(to, from, error);
  if (error) return Failed(from, error);
  if (const absl::Status status = GiveTo(owner, to); !status.ok()) return status;
  fs::recursive_directory_iterator entry(from, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (entry.depth() == 0 && Contains(kNotCopied, name)) continue;
    if (entry.depth() == 0 && Contains(kEmptyFolders, name)) entry.disable_recursion_pending();
    const absl::Status status = CopyEntry(*entry, to / entry->path().lexically_relative(from), owner);
    if (!status.ok()) return status;
  }
  return error ? Failed(from, error) : absl::OkStatus();
}

std::string StartSql(int version) {
  return version >= 150000 ? "SELECT pg_backup_start('bxb', true)" : "SELECT pg_start_backup('bxb', true, false)";
}

std::string StopSql(int version) {
  return version >= 150000 ? "SELECT labelfile FROM pg_backup_stop(false)"
                           : "SELECT labelfile FROM pg_stop_backup(false, false)";
}

}  // namespace

absl::Status CopyRunningServer(const std::string& dsn, int version, const ServerFolder& from, const ServerFolder& to,
                               pq::Deadline deadline) {
  // The backup lives in its session: one connection from start to stop.
  absl::StatusOr<pq::Connection> connection = pq::Connection::Open(dsn, "bxb-testing", deadline);
  if (!connection.ok()) return connection.status();
  if (const auto started = connection->Query(StartSql(version), deadline); !started.ok()) return started.status();
  if (const absl::Status copied = CopyData(from.data(), to.data(), to.owner); !copied.ok()) return copied;
  const absl::StatusOr<pq::Rows> stopped = connection->Query(StopSql(version), deadline);
  if (!stopped.ok()) return stopped.status();
  const absl::Status labelled = to.Write("backup_label", stopped->at(0).at(0).value_or(""));
  if (!labelled.ok()) return labelled;
  return to.Write("standby.signal", "");
}

}  // namespace bxb::testing
