// That nothing is left of a server, however its owner ends.

#include <gtest/gtest.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bxb/testing/ephemeral_postgres.h"
#include "fmt/format.h"
#include "pq/deadline.h"
#include "testing/ask.h"
#include "testing/process.h"

namespace bxb::testing {
namespace {

namespace fs = std::filesystem;

const pq::Deadline::duration kPatience = std::chrono::seconds(20);

/// Shared memory that outlives its processes.
struct SharedMemory {
  std::set<std::string> files;  ///< in /dev/shm
  std::set<int> segments;       ///< System V's, by their identifiers

  /// Adds what a process has mapped. A line is `address mode offset device inode path`, and the path and inode of a
  /// segment are its key and its identifier.
  void AddOf(pid_t pid) {
    std::ifstream maps(fmt::format("/proc/{}/maps", pid));
    for (std::string line; std::getline(maps, line);) {
      std::istringstream words(line);
      std::string skipped, path;
      std::uint64_t inode = 0;
      words >> skipped >> skipped >> skipped >> skipped >> inode >> path;
      if (path.starts_with("/dev/shm/")) files.insert(path);
      if (path.starts_with("/SYSV")) segments.insert(static_cast<int>(inode));
    }
  }

  void ExpectGone() const {
    for (const std::string& file : files) EXPECT_FALSE(fs::exists(file)) << file;
    shmid_ds status;
    for (const int segment : segments) EXPECT_EQ(::shmctl(segment, IPC_STAT, &status), -1) << segment;
  }
};

/// What a test looks for after the end of a server.
struct Traces {
  std::string dir;
  std::vector<pid_t> pids;
  SharedMemory memory;

  static Traces Of(const EphemeralPostgres& server) {
    Traces traces{.dir = server.dir(), .pids = ChildrenOf(server.pid()), .memory = {}};
    traces.pids.push_back(server.pid());
    traces.FindMemory();
    return traces;
  }

  void FindMemory() {
    for (const pid_t pid : pids) memory.AddOf(pid);
  }

  void ExpectGone() const {
    EXPECT_FALSE(fs::exists(dir)) << dir;
    EXPECT_TRUE(WaitUntilGone(pids, pq::Deadline::clock::now()).ok());
    memory.ExpectGone();
  }

  void ExpectGoneSoon() const {
    const pq::Deadline deadline = pq::Deadline::clock::now() + kPatience;
    while (fs::exists(dir) && pq::Deadline::clock::now() < deadline) ::usleep(5000);
    WaitUntilGone(pids, deadline).IgnoreError();
    ExpectGone();
  }
};

/// A process that starts a server, does `then` with it, and stays.
class Owner {
 public:
  using Then = void (*)(EphemeralPostgres& server);

  explicit Owner(Then then) {
    std::array<int, 2> ends;
    if (::pipe(ends.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) Own(then, ends[1]);
    ::close(ends[1]);
    Receive(ends[0]);
    ::close(ends[0]);
  }

  ~Owner() { End(SIGKILL); }

  void End(int signal) {
    if (pid_ == 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  const Traces& traces() const { return traces_; }

 private:
  [[noreturn]] static void Own(Then then, int report) {
    const auto server = EphemeralPostgres::Start();
    if (!server.ok()) std::abort();
    then(**server);
    const Traces traces = Traces::Of(**server);
    const std::string text = fmt::format("{} {}", traces.dir, fmt::join(traces.pids, " "));
    if (::write(report, text.data(), text.size()) < 0) std::abort();
    ::close(report);
    for (;;) ::pause();
  }

  void Receive(int report) {
    std::array<char, 4096> text = {};
    const ssize_t count = ::read(report, text.data(), text.size());
    std::istringstream words(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))));
    words >> traces_.dir;
    for (pid_t pid = 0; words >> pid;) traces_.pids.push_back(pid);
    traces_.FindMemory();
  }

  pid_t pid_ = 0;
  Traces traces_;
};

void Nothing(EphemeralPostgres&) {}

TEST(ServerLifetime, RemovesFolderAndProcessesWhenDestroyed) {
  auto server = EphemeralPostgres::Start().value();
  const Traces traces = Traces::Of(*server);
  EXPECT_GE(traces.pids.size(), 5u);
  EXPECT_TRUE(fs::exists(traces.dir));
  server.reset();
  traces.ExpectGone();
}

TEST(ServerLifetime, LeavesNoZombie) {
  auto server = EphemeralPostgres::Start().value();
  const pid_t postmaster = server->pid();
  server.reset();
  EXPECT_EQ(::kill(postmaster, 0), -1);
}

TEST(ServerLifetime, LeavesNoSharedMemoryOfAKilledServer) {
  auto server = EphemeralPostgres::Start().value();
  const Traces traces = Traces::Of(*server);
  ASSERT_EQ(traces.memory.segments.size(), 1u);
  ASSERT_TRUE(server->Kill().ok());
  server.reset();
  traces.ExpectGone();
}

TEST(ServerLifetime, CleansUpAFrozenServer) {
  auto server = EphemeralPostgres::Start().value();
  const Traces traces = Traces::Of(*server);
  ASSERT_TRUE(server->Freeze().ok());
  server.reset();
  traces.ExpectGoneSoon();
}

TEST(ServerLifetime, CleansUpAServerThatDidNotStart) {
  const auto parent = fs::temp_directory_path() / (fmt::format("bxb-{}", ::getpid()));
  fs::create_directory(parent);
  fs::permissions(parent, fs::perms::all);
  EXPECT_FALSE(EphemeralPostgres::Start({.settings = {{"no_such", "1"}}, .parent_dir = parent}).ok());
  EXPECT_TRUE(fs::is_empty(parent));
  fs::remove_all(parent);
}

TEST(ServerLifetime, CleansUpWhenItsProcessIsKilled) {
  Owner owner(Nothing);
  ASSERT_GE(owner.traces().pids.size(), 5u);
  EXPECT_TRUE(fs::exists(owner.traces().dir));
  owner.End(SIGKILL);
  owner.traces().ExpectGoneSoon();
}

TEST(ServerLifetime, CleansUpWhenItsProcessIsInterrupted) {
  Owner owner(Nothing);
  owner.End(SIGINT);
  owner.traces().ExpectGoneSoon();
}

TEST(ServerLifetime, CleansUpARestartedServerWhenItsProcessIsKilled) {
  Owner owner([](EphemeralPostgres& server) {
    if (!server.Kill().ok() || !server.Restart().ok()) std::abort();
  });
  ASSERT_GE(owner.traces().pids.size(), 5u);
  owner.End(SIGKILL);
  owner.traces().ExpectGoneSoon();
}

TEST(ServerLifetime, CleansUpAFrozenServerWhenItsProcessIsKilled) {
  Owner owner([](EphemeralPostgres& server) {
    if (!server.Freeze().ok()) std::abort();
  });
  ASSERT_GE(owner.traces().pids.size(), 5u);
  owner.End(SIGKILL);
  owner.traces().ExpectGoneSoon();
}

TEST(ServerLifetime, OutlivesAForkOfItsOwner) {
  auto server = EphemeralPostgres::Start().value();
  const pid_t fork = ::fork();
  if (fork == 0) {
    server.reset();
    ::_exit(0);
  }
  ::waitpid(fork, nullptr, 0);
  EXPECT_EQ(Ask(*server, "SELECT 1"), "1");
}

}  // namespace
}  // namespace bxb::testing
