#include "testing/postmaster.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::testing {
namespace {

constexpr std::chrono::milliseconds kPollInterval{5};
constexpr absl::Duration kReapTimeout = absl::Seconds(10);

void SignalAll(const std::vector<pid_t>& pids, int signal) {
  for (const pid_t pid : pids) ::kill(pid, signal);
}

// The postmaster first: a stopped one starts no more children, so the list stays complete.
std::vector<pid_t> StopAndList(pid_t postmaster) {
  ::kill(postmaster, SIGSTOP);
  std::vector<pid_t> pids = ChildrenOf(postmaster);
  pids.push_back(postmaster);
  return pids;
}

}  // namespace

Postmaster::Postmaster(std::string program, ServerFolder folder)
    : program_(std::move(program)), folder_(std::move(folder)) {}

Postmaster::~Postmaster() {
  if (pid_ != 0) WaitForExit(pid_, pq::After(kReapTimeout)).IgnoreError();
}

absl::Status Postmaster::Start(pq::Deadline deadline) {
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor log(::open(folder_.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!input.valid() || !log.valid()) return absl::ErrnoToStatus(errno, fmt::format("cannot open {}", folder_.log()));
  const absl::StatusOr<pid_t> pid = Spawn({program_, "-D", folder_.data()}, folder_.owner, input.get(), log.get());
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  return WaitUntilReady(deadline);
}

absl::Status Postmaster::WaitUntilReady(pq::Deadline deadline) {
  while (!IsReady()) {
    if (WaitForExit(pid_, pq::Deadline::min()).ok()) {
      pid_ = 0;
      return WithLog("PostgreSQL did not start");
    }
    if (pq::Deadline::clock::now() >= deadline) return WithLog("PostgreSQL was not ready in time");
    std::this_thread::sleep_for(kPollInterval);
  }
  return absl::OkStatus();
}

// The first line of postmaster.pid is the process, which a crashed server leaves behind; the eighth its state, which
// is "standby" where hot_standby is off.
bool Postmaster::IsReady() const {
  std::ifstream file(folder_.data() + "/postmaster.pid");
  std::string line;
  if (!std::getline(file, line) || line != std::to_string(pid_)) return false;
  for (int number = 2; number <= 8; ++number) {
    if (!std::getline(file, line)) return false;
  }
  return line.starts_with("ready") || line.starts_with("standby");
}

absl::Status Postmaster::Stop(pq::Deadline deadline) {
  if (pid_ == 0) return absl::OkStatus();
  ::kill(pid_, SIGINT);
  const absl::StatusOr<int> status = WaitForExit(pid_, deadline);
  if (!status.ok()) return WithLog("PostgreSQL did not stop in time");
  pid_ = 0;
  return *status == 0 ? absl::OkStatus() : WithLog("PostgreSQL had crashed before it was stopped");
}

absl::Status Postmaster::Kill(pq::Deadline deadline) {
  if (pid_ == 0) return absl::OkStatus();
  const std::vector<pid_t> pids = StopAndList(pid_);
  SignalAll(pids, SIGKILL);
  const absl::StatusOr<int> status = WaitForExit(pid_, deadline);
  if (!status.ok()) return status.status();
  pid_ = 0;
  // They hold the shared memory, and no server starts in the folder while anyone does.
  return WaitUntilGone(pids, deadline);
}

absl::Status Postmaster::Freeze() {
  if (pid_ == 0) return absl::FailedPreconditionError("the server is stopped");
  SignalAll(StopAndList(pid_), SIGSTOP);
  return absl::OkStatus();
}

absl::Status Postmaster::Thaw() {
  if (pid_ == 0) return absl::FailedPreconditionError("the server is stopped");
  SignalAll(ChildrenOf(pid_), SIGCONT);
  ::kill(pid_, SIGCONT);
  return absl::OkStatus();
}

absl::Status Postmaster::WithLog(std::string_view what) const {
  return absl::InternalError(fmt::format("{}; the end of {}:\n{}", what, folder_.log(), folder_.LogTail()));
}

}  // namespace bxb::testing
