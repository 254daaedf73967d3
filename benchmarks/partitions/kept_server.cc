#include "partitions/kept_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "support/must.h"
#include "testing/account.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"
#include "testing/server_binaries.h"

namespace bxb::bench::partitions {
namespace {

namespace fs = std::filesystem;

// Long enough for a last checkpoint, and for the recovery from a crash.
constexpr absl::Duration kPatience = absl::Minutes(15);

constexpr char kStopScript[] = R"sh(
if read -r pid <"$1/data/postmaster.pid" && grep -qF -e "$1/data" "/proc/$pid/cmdline"; then kill -INT "$pid"; fi
)sh";

testing::ServerFolder FolderAt(const std::string& path) {
  const testing::Account owner = Must(testing::Account::ForServer());
  std::error_code error;
  fs::create_directories(path, error);
  if (::chown(path.c_str(), owner.uid, owner.gid) != 0) Die("cannot make " + path);
  return {.path = fs::canonical(path, error).string(), .owner = owner};
}

// What an earlier run's server has read stays in memory, where no bound holds it.
void ForgetCached(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    const testing::FileDescriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid()) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  }
}

}  // namespace

KeptServer::KeptServer(const std::string& folder, std::map<std::string, std::string> settings, std::size_t memory)
    : folder_(FolderAt(folder)) {
  const std::string bin_dir = Must(testing::FindServerBinaries(""));
  StopFormer();
  MakeData(bin_dir);
  settings.insert({{"unix_socket_directories", folder_.path}, {"listen_addresses", ""}, {"max_connections", "20"}});
  Must(folder_.Write("postgresql.auto.conf", testing::SettingLines(settings)));
  ForgetCached(folder_.data());
  group_ = MemoryGroup::Make(memory);
  postmaster_ = std::make_unique<testing::Postmaster>(bin_dir + "/postgres", folder_);
  stop_ = std::make_unique<AtEnd>(kStopScript, std::vector{folder_.path});
  Must(postmaster_->Start(pq::After(kPatience)));
  if (group_) group_->Add(postmaster_->pid());
}

KeptServer::~KeptServer() { Stop(); }

std::string KeptServer::dsn() const { return fmt::format("host='{}' user=postgres dbname=postgres", folder_.path); }

// One that was left behind may still be writing its last checkpoint.
void KeptServer::StopFormer() {
  pid_t pid = 0;
  if (!(std::ifstream(folder_.data() + "/postmaster.pid") >> pid)) return;
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  const std::string command{std::istreambuf_iterator<char>(file), {}};
  if (command.find(folder_.data()) == std::string::npos) return;
  ::kill(pid, SIGINT);
  const std::array pids = {pid};
  Must(testing::WaitUntilGone({pids.begin(), pids.end()}, pq::After(kPatience)));
}

// Under another name until it is complete.
void KeptServer::MakeData(const std::string& bin_dir) {
  if (fs::exists(folder_.data())) return;
  const std::string unfinished = folder_.data() + ".new";
  std::error_code error;
  fs::remove_all(unfinished, error);
  Must(testing::Run(
      {bin_dir + "/initdb", "-D", unfinished, "--no-locale", "-E", "UTF8", "-A", "trust", "-U", "postgres"},
      folder_.owner, pq::After(kPatience)));
  fs::rename(unfinished, folder_.data(), error);
}

void KeptServer::Stop() {
  if (!postmaster_) return;
  Must(postmaster_->Stop(pq::After(kPatience)));
  postmaster_.reset();
}

void KeptServer::Remove() {
  Stop();
  std::error_code error;
  fs::remove_all(folder_.path, error);
}

}  // namespace bxb::bench::partitions
