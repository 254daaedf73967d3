#pragma once

#include <poll.h>

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "support/cut_plan.h"
#include "support/proxy_link.h"
#include "support/temporary_folder.h"
#include "testing/file_descriptor.h"

namespace bxb::testing {

/// Stands between clients and a server's unix socket, and breaks connections where a test wants it:
///
///     testing::SocketProxy proxy(server.dir());
///     auto writer = EventWriter::Open({.dsn = proxy.dsn()});
///     proxy.CutNext(CutPoint::kBeforeReply);       // the next batch commits, and the writer does not hear it
///     (*writer)->WriteDurable(event);
///     EXPECT_EQ(proxy.cuts(CutPoint::kBeforeReply), 1);
///
/// Whoever comes gets a connection of their own to the server that is the target at that moment; where none listens
/// they are hung up on, as if the proxy's host were up and its server down. Thread-safe.
class SocketProxy {
 public:
  /// The target is the socket of `port` in the folder `target_dir`.
  explicit SocketProxy(const std::string& target_dir, int port = 5432);
  ~SocketProxy();
  SocketProxy(const SocketProxy&) = delete;
  SocketProxy& operator=(const SocketProxy&) = delete;

  /// A connection string for a database of the target, as its superuser.
  std::string dsn(const std::string& database = "postgres") const;

  /// The host for a connection string with several; the port is libpq's default.
  const std::string& host() const { return folder_.path(); }

  /// Later connections go to this server; those there are stay where they are.
  void Retarget(const std::string& target_dir);

  /// Cuts the next `count` connections that come to this point of a COPY FROM STDIN, until Disarm.
  void CutNext(CutPoint point, int count = 1) { plan_.Want(point, count); }
  void Disarm() { plan_.WantNone(); }

  /// How many were cut there, counted when both ends were closed.
  int cuts(CutPoint point) const { return plan_.done(point); }

  /// Waits until `total` connections have been cut there since the beginning.
  bool AwaitCuts(CutPoint point, int total, absl::Duration timeout) const {
    return plan_.AwaitDone(point, total, timeout);
  }

  /// Cuts all connections wherever they are; returns how many there were.
  int CutAll();

  /// All connections stay open and nothing passes, in either direction; nobody new is let in.
  void Stall();
  void Resume();

 private:
  struct Orders {
    bool stop = false;
    bool stalled = false;
    std::optional<int> cut;  ///< set by the thread: how many were cut
    bool cut_all = false;
  };

  void Listen();
  void Run();
  bool Obey();
  void WaitForSockets();
  void RelayAll();
  void Accept();
  FileDescriptor Connect(const std::string& path) const;
  template <class Change>
  void Order(Change change);

  const TemporaryFolder folder_;
  const int port_;
  CutPlan plan_;
  FileDescriptor listener_;
  FileDescriptor wake_;

  std::mutex one_cut_at_a_time_;
  mutable std::mutex mutex_;
  std::condition_variable obeyed_;
  std::string target_;
  Orders orders_;

  // Only the thread's.
  std::list<ProxyLink> links_;
  std::vector<pollfd> sockets_;
  bool stalled_ = false;

  std::thread thread_;
};

}  // namespace bxb::testing
