#include "testing/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string_view>
#include <thread>

#include "fmt/format.h"
#include "testing/file_descriptor.h"

namespace bxb::testing {
namespace {

constexpr std::chrono::milliseconds kPollInterval{2};

std::vector<std::string> Environment() {
  std::vector<std::string> variables = {"LC_ALL=C"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("PG") && !text.starts_with("LC_ALL=")) variables.emplace_back(text);
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool BecomeUser(const Account& account) {
  if (account.uid == ::geteuid()) return true;
  return ::setgroups(0, nullptr) == 0 && ::setgid(account.gid) == 0 && ::setuid(account.uid) == 0;
}

// A test program may block or ignore signals that the tools rely on.
void ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// Runs between fork and exec, where other threads' locks may be held forever: system calls only. The report ends
// empty when the program has started, and with the errno when it has not.
[[noreturn]] void BecomeProgram(char* const argv[], char* const envp[], const Account& account, int input, int output,
                                int report) {
  ResetSignals();
  ::setsid();
  const bool ready = ::dup2(input, STDIN_FILENO) >= 0 && ::dup2(output, STDOUT_FILENO) >= 0 &&
                     ::dup2(output, STDERR_FILENO) >= 0 && ::chdir("/") == 0 && BecomeUser(account);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (ready) ::execve(argv[0], argv, envp);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

bool IsGone(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return true;
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || line.substr(name_end, 3) == ") Z" || line.substr(name_end, 3) == ") X";
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& argv, const Account& account, int input, int output) {
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = Environment();
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> variable_pointers = Pointers(variables);
  std::array<int, 2> report;
  if (::pipe2(report.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  const FileDescriptor read_end(report[0]);
  FileDescriptor write_end(report[1]);

  const pid_t pid = ::fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid == 0) {
    BecomeProgram(argument_pointers.data(), variable_pointers.data(), account, input, output, write_end.get());
  }
  {
    const FileDescriptor closed = std::move(write_end);
  }
  int error = 0;
  if (::read(read_end.get(), &error, sizeof error) <= 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return absl::ErrnoToStatus(error, fmt::format("cannot run {}", argv[0]));
}

absl::StatusOr<int> WaitForExit(pid_t pid, pq::Deadline deadline) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    // A program that ignores SIGCHLD has no children to wait for: how this one ended is not known, only that it did.
    if (ended == pid || (ended < 0 && errno == ECHILD)) return status;
    if (pq::Deadline::clock::now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format("process {} is still running", pid));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

absl::StatusOr<std::string> Run(const std::vector<std::string>& argv, const Account& account, pq::Deadline deadline) {
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
  if (!input.valid() || !output.valid()) return absl::ErrnoToStatus(errno, "cannot capture a program's output");
  const absl::StatusOr<pid_t> pid = Spawn(argv, account, input.get(), output.get());
  if (!pid.ok()) return pid.status();
  const absl::StatusOr<int> status = WaitForExit(*pid, deadline);
  if (!status.ok()) {
    ::kill(-*pid, SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    return absl::DeadlineExceededError(fmt::format("{} took too long:\n{}", argv[0], ReadAll(output.get())));
  }
  if (*status != 0) return absl::InternalError(fmt::format("{} failed:\n{}", argv[0], ReadAll(output.get())));
  return ReadAll(output.get());
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", pid));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

absl::Status WaitUntilGone(const std::vector<pid_t>& pids, pq::Deadline deadline) {
  while (!std::all_of(pids.begin(), pids.end(), IsGone)) {
    if (pq::Deadline::clock::now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format("processes are still running: {}", fmt::join(pids, ", ")));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return absl::OkStatus();
}

}  // namespace bxb::testing
