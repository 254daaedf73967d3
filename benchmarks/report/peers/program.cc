#include "report/peers/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "absl/strings/ascii.h"
#include "pq/deadline.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::bench::report {
namespace {

using testing::FileDescriptor;

// In a process group of its own, which can be killed as a whole.
absl::StatusOr<pid_t> SpawnProgram(std::vector<std::string>& argv, int output, int errors) {
  std::vector<char*> pointers;
  for (std::string& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, pointers.front(), &files, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return absl::ErrnoToStatus(error, "cannot run " + argv.front());
  return pid;
}

std::string ReadAll(const FileDescriptor& file) {
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

// Indented lines only explain the one before.
std::string LastLine(std::string text) {
  for (;;) {
    absl::StripTrailingAsciiWhitespace(&text);
    const std::size_t begin = text.rfind('\n') + 1;
    if (begin == 0 || (text[begin] != ' ' && text[begin] != '\t')) return text.substr(begin);
    text.resize(begin);
  }
}

std::string HowItEnded(int status) {
  return WIFEXITED(status) ? fmt::format("ended with exit code {}", WEXITSTATUS(status))
                           : fmt::format("was ended by signal {}", WTERMSIG(status));
}

}  // namespace

absl::StatusOr<std::string> RunProgram(std::vector<std::string> argv, absl::Duration timeout) {
  const FileDescriptor output(memfd_create("output", MFD_CLOEXEC));
  const FileDescriptor errors(memfd_create("errors", MFD_CLOEXEC));
  if (!output.valid() || !errors.valid()) return absl::ErrnoToStatus(errno, "cannot capture a program's output");
  const absl::StatusOr<pid_t> pid = SpawnProgram(argv, output.get(), errors.get());
  if (!pid.ok()) return pid.status();
  const auto status = testing::WaitForExit(*pid, pq::After(timeout));
  if (!status.ok()) {
    kill(-*pid, SIGKILL);
    waitpid(*pid, nullptr, 0);
    return absl::DeadlineExceededError(fmt::format("was not done within {}", absl::FormatDuration(timeout)));
  }
  if (*status == 0) return ReadAll(output);
  const std::string why = LastLine(ReadAll(errors));
  return absl::InternalError(why.empty() ? HowItEnded(*status) : why);
}

}  // namespace bxb::bench::report
