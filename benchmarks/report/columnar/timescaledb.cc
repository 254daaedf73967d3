#include "report/columnar/timescaledb.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "report/pipe.h"
#include "support/must.h"
#include "testing/free_port.h"

namespace bxb::bench::report {
namespace {

using std::chrono::steady_clock;
using testing::FileDescriptor;

constexpr std::chrono::seconds kStarts(60);
constexpr std::chrono::seconds kEnds(10);

// Reads what the server prints, until it is ready; the reason where it does not come to that.
absl::Status AwaitReady(int output) {
  const auto deadline = steady_clock::now() + kStarts;
  std::string printed;
  while (printed.find("ready") == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd waiting{.fd = output, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      return absl::DeadlineExceededError(fmt::format("TimescaleDB does not start within {} s", kStarts.count()));
    }
    std::array<char, 4096> piece{};
    const ssize_t size = ::read(output, piece.data(), piece.size());
    if (size <= 0) return absl::FailedPreconditionError("TimescaleDB does not start: " + printed);
    printed.append(piece.data(), static_cast<std::size_t>(size));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TimescaleDb>> TimescaleDb::Start(const std::string& front, const std::string& folder) {
  Pipe input;
  Pipe output;
  const int port = Must(testing::FreePort());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  std::array<std::string, 4> words = {"node", front, std::to_string(port), folder};
  std::array<char*, 5> arguments = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "node", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  input.read = FileDescriptor();
  output.write = FileDescriptor();
  if (error != 0) {
    return absl::FailedPreconditionError("node does not start: " + std::generic_category().message(error));
  }
  std::unique_ptr<TimescaleDb> started(new TimescaleDb(pid, std::move(input.write), port));
  if (absl::Status ready = AwaitReady(output.read.get()); !ready.ok()) return ready;
  return started;
}

TimescaleDb::TimescaleDb(pid_t pid, FileDescriptor input, int port)
    : pid_(pid),
      input_(std::move(input)),
      dsn_(fmt::format("host=127.0.0.1 port={} user=postgres password=any dbname=postgres sslmode=disable "
                       "gssencmode=disable",
                       port)) {}

TimescaleDb::~TimescaleDb() {
  input_ = FileDescriptor();
  const auto deadline = steady_clock::now() + kEnds;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace bxb::bench::report
