#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "bxb/testing/ephemeral_postgres.h"
#include "pq/connection.h"
#include "testing/account.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::testing {

/// A PgBouncer in transaction mode in front of a server, with two server connections; it ends with this object
/// or with the test program, whichever comes first. Without PgBouncer the program ends and says what to install.
class PgBouncer {
 public:
  static constexpr int kPort = 6432;

  PgBouncer(const EphemeralPostgres& server, const std::string& database)
      : PgBouncer(server.dir(), server.dir(), database) {}

  /// In front of whatever listens in `server_dir`; its own socket and file go into `folder`, which the server's user
  /// must own.
  PgBouncer(const std::string& server_dir, const std::string& folder, const std::string& database) : folder_(folder) {
    std::ofstream(folder_ + "/pgbouncer.ini")
        << "[databases]\n* = host=" << server_dir << " user=postgres\n"
        << "[pgbouncer]\nauth_type = any\npool_mode = transaction\nserver_login_retry = 0.2\n"
        << "default_pool_size = 2\nunix_socket_dir = " << folder_ << "\nlisten_port = " << kPort
        << "\nlogfile = /dev/null\n";
    dsn_ = "host=" + folder_ + " port=" + std::to_string(kPort) + " user=postgres dbname=" + database;
    Start();
    AwaitAnswer();
  }

  ~PgBouncer() { Kill(); }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  const std::string& dsn() const { return dsn_; }

  /// kill -9, and starts it again; returns when it serves a client.
  void Restart() {
    Kill();
    Start();
    AwaitAnswer();
  }

 private:
  void Kill() {
    {
      const FileDescriptor closed = std::move(lifeline_);
    }
    if (!WaitForExit(shell_, pq::After(absl::Seconds(10))).ok()) std::cerr << "pgbouncer does not end\n";
  }

  // The shell waits on a pipe that only this process holds, so that not even kill -9 leaves a PgBouncer behind.
  void Start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    lifeline_ = FileDescriptor(ends[1]);
    const FileDescriptor input(ends[0]);
    const FileDescriptor null(open("/dev/null", O_WRONLY | O_CLOEXEC));
    const std::string script =
        "PATH=$PATH:/usr/sbin; pgbouncer " + folder_ + "/pgbouncer.ini & cat >/dev/null; kill -KILL $!; wait";
    const auto spawned = Spawn({"/bin/sh", "-c", script}, *Account::ForServer(), input.get(), null.get());
    if (!spawned.ok()) std::abort();
    shell_ = *spawned;
  }

  void AwaitAnswer() {
    const auto deadline = pq::After(absl::Seconds(10));
    while (true) {
      const auto connection = pq::Connection::Open(dsn_, "test", deadline);
      if (connection.ok()) return;
      if (std::chrono::steady_clock::now() >= deadline) {
        std::cerr << "these tests need PgBouncer (package pgbouncer): " << connection.status() << "\n";
        std::abort();
      }
      std::this_thread::yield();
    }
  }

  std::string folder_;
  std::string dsn_;
  FileDescriptor lifeline_;
  pid_t shell_ = 0;
};

}  // namespace bxb::testing
