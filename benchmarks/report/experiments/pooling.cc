// Many clients, each with a connection of its own to the server or to PgBouncer in transaction mode: transactions a
// second and their latency, what connecting costs, and the memory of a client that does nothing.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "reader/samples.h"
#include "reader/trio.h"
#include "report/experiments.h"
#include "support/chart.h"
#include "support/parallel.h"
#include "support/writing.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::bench::report {
namespace {

using reader::Must;
using reader::Samples;
using testing::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr int kIdleClients = 100;
constexpr int kConnects = 150;
constexpr std::chrono::seconds kPatience(10);

absl::StatusOr<std::string> FindPgBouncer() {
  for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
    std::string path = fmt::format("{}/pgbouncer", folder);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return absl::NotFoundError("needs PgBouncer (package pgbouncer)");
}

// PgBouncer in transaction mode before a private server. It ends with this object, or with this process: a shell waits
// on a pipe that only this process holds.
class PgBouncer {
 public:
  PgBouncer(const std::string& program, const testing::EphemeralPostgres& server)
      : dsn_(fmt::format("host={} port=6432 user=postgres dbname=postgres", server.dir())) {
    const std::string file = server.dir() + "/pgbouncer.ini";
    const std::string pid_file = server.dir() + "/pgbouncer.pid";
    std::ofstream(file) << "[databases]\npostgres = host=" << server.dir() << " user=postgres\n"
                        << "[pgbouncer]\nauth_type = any\npool_mode = transaction\nmax_client_conn = 2000\n"
                        << "unix_socket_dir = " << server.dir() << "\nlisten_port = 6432\nlogfile = /dev/null\n"
                        << "pidfile = " << pid_file << "\n";
    Start(fmt::format("{} {} & cat >/dev/null; kill -KILL $!; wait", program, file));
    AwaitAnswer();
    std::ifstream(pid_file) >> pid_;
  }

  ~PgBouncer() {
    { const FileDescriptor closed = std::move(lifeline_); }
    Must(testing::WaitForExit(shell_, Clock::now() + kPatience));
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  const std::string& dsn() const { return dsn_; }
  pid_t pid() const { return pid_; }

 private:
  void Start(const std::string& script) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) Die("no pipe");
    lifeline_ = FileDescriptor(ends[1]);
    const FileDescriptor input(ends[0]);
    const FileDescriptor null(open("/dev/null", O_WRONLY | O_CLOEXEC));
    shell_ = Must(testing::Spawn({"/bin/sh", "-c", script}, Must(testing::Account::ForServer()), input.get(), null.get()));
  }

  void AwaitAnswer() const {
    const auto deadline = Clock::now() + kPatience;
    while (PQping(dsn_.c_str()) != PQPING_OK) {
      if (Clock::now() > deadline) Die("PgBouncer does not answer");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  std::string dsn_;
  FileDescriptor lifeline_;
  pid_t shell_ = 0;
  pid_t pid_ = 0;
};
