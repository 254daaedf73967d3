#include "report/pooling/pgbouncer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "report/pipe.h"
#include "support/must.h"
#include "testing/process.h"

namespace bxb::bench::report {
namespace {

using testing::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(10);

}  // namespace

absl::StatusOr<std::string> PgBouncer::Find() {
  for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
    std::string path = fmt::format("{}/pgbouncer", folder);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return absl::NotFoundError("needs PgBouncer (package pgbouncer)");
}

PgBouncer::PgBouncer(const std::string& program, const testing::EphemeralPostgres& server)
    : dsn_(fmt::format("host='{}' port=6432 user=postgres dbname=postgres", server.dir())) {
  const std::string file = server.dir() + "/pgbouncer.ini";
  const std::string pid_file = server.dir() + "/pgbouncer.pid";
  std::ofstream(file) << "[databases]\npostgres = host='" << server.dir() << "' user=postgres\n"
                      << "[pgbouncer]\nauth_type = any\npool_mode = transaction\nmax_client_conn = 2000\n"
                      << "unix_socket_dir = " << server.dir() << "\nlisten_port = 6432\nlogfile = /dev/null\n"
                      << "pidfile = " << pid_file << "\n";
  Start(program, file);
  AwaitAnswer();
  std::ifstream(pid_file) >> pid_;
}

PgBouncer::~PgBouncer() {
  lifeline_ = FileDescriptor();
  Must(testing::WaitForExit(shell_, Clock::now() + kPatience));
}

void PgBouncer::Start(const std::string& program, const std::string& file) {
  Pipe pipe;
  lifeline_ = std::move(pipe.write);
  const FileDescriptor null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  shell_ = Must(testing::Spawn({"/bin/sh", "-c", R"("$0" "$1" & cat >/dev/null; kill -KILL $!; wait)", program, file},
                               Must(testing::Account::ForServer()), pipe.read.get(), null.get()));
}

void PgBouncer::AwaitAnswer() const {
  const auto deadline = Clock::now() + kPatience;
  while (PQping(dsn_.c_str()) != PQPING_OK) {
    if (Clock::now() > deadline) Die("PgBouncer does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace bxb::bench::report
