#include "support/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "pq/deadline.h"
#include "support/must.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::bench {
namespace {

using testing::FileDescriptor;

bool IsInstalled(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
  const std::vector<std::string> folders = absl::StrSplit(path != nullptr ? path : "/usr/bin:/bin", ':');
  return std::ranges::any_of(folders, [&](const std::string& folder) {
    return access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0;
  });
}

std::vector<char*> PointersTo(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// This process's, without what `first` has.
std::vector<std::string> EnvironmentWith(std::vector<std::string> first) {
  const std::size_t count = first.size();
  for (char** inherited = environ; *inherited != nullptr; ++inherited) {
    const std::string_view variable = *inherited;
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    const auto is_same = [&](const std::string& other) { return other.starts_with(name); };
    if (std::none_of(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(count), is_same)) {
      first.emplace_back(variable);
    }
  }
  return first;
}

// In a process group of its own, which can be killed as a whole.
absl::StatusOr<pid_t> SpawnProgram(std::vector<std::string> argv, std::vector<std::string> environment, int output,
                                   int errors) {
  const std::vector<char*> pointers = PointersTo(argv);
  const std::vector<char*> variables = PointersTo(environment);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, pointers.front(), &files, &attributes, pointers.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return absl::ErrnoToStatus(error, "cannot run " + argv.front());
  return pid;
}

// posix_spawn cannot ask for a signal at its parent's end.
std::vector<std::string> EndingWithParent(std::vector<std::string> argv, int nowhere) {
  static const std::vector<std::string> prefix = [nowhere] {
    std::vector<std::string> setpriv = {"setpriv", "--pdeathsig", "KILL", "--"};
    std::vector<std::string> trial = setpriv;
    trial.emplace_back("true");
    int status = -1;
    const auto pid = SpawnProgram(trial, EnvironmentWith({}), nowhere, nowhere);
    if (!pid.ok() || waitpid(*pid, &status, 0) != *pid || status != 0) setpriv.clear();
    return setpriv;
  }();
  argv.insert(argv.begin(), prefix.begin(), prefix.end());
  return argv;
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

ProgramDsn ForPrograms(const std::string& dsn) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(dsn.c_str(), nullptr),
                                                                             PQconninfoFree);
  if (!options) Die("the DSN cannot be understood");
  ProgramDsn program;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password") {
      program.environment.push_back(fmt::format("PGPASSWORD={}", option->val));
    } else {
      program.dsn += fmt::format("{}{}='{}'", program.dsn.empty() ? "" : " ", keyword,
                                 absl::StrReplaceAll(option->val, {{"\\", "\\\\"}, {"'", "\\'"}}));
    }
  }
  if (program.environment.empty()) program.dsn = dsn;
  return program;
}

absl::StatusOr<std::string> RunProgram(std::vector<std::string> argv, absl::Duration timeout,
                                       const std::vector<std::string>& environment) {
  if (!IsInstalled(argv.front())) return absl::NotFoundError(argv.front() + " is not installed");
  const FileDescriptor output(memfd_create("output", MFD_CLOEXEC));
  const FileDescriptor errors(memfd_create("errors", MFD_CLOEXEC));
  if (!output.valid() || !errors.valid()) return absl::ErrnoToStatus(errno, "cannot capture a program's output");
  const FileDescriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const absl::StatusOr<pid_t> pid = SpawnProgram(EndingWithParent(std::move(argv), nowhere.get()),
                                                 EnvironmentWith(environment), output.get(), errors.get());
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

}  // namespace bxb::bench
