#include "testing/guard.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/time/time.h"
#include "pq/deadline.h"
#include "testing/account.h"
#include "testing/process.h"

namespace bxb::testing {
namespace {

// The read returns when the other end of the socket is closed. The postmaster is stopped first, so that it starts no
// more children. Line 7 of postmaster.pid ends with the System V segment that a killed server leaves behind, and of
// which a system has 4096 at most. Several rounds, because this process may have died between two steps of starting
// the server. The shell's complaint about a folder without a server goes into a socket that nobody reads any more:
// hence the trap.
constexpr char kScript[] = R"sh(
trap '' PIPE
exec 3<&0
(
  read -r line <&3
  for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if read -r pid <"$1/data/postmaster.pid" && grep -qF -e "$1" "/proc/$pid/cmdline"; then
      kill -STOP "$pid"
      read -r children <"/proc/$pid/task/$pid/children"
      kill -KILL "$pid" $children
    fi
    segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid") && [ "$segment" ] && ipcrm -m "$segment"
    rm -rf "$1" && exit
    sleep 0.2
  done
) &
)sh";

constexpr absl::Duration kCleanUpTimeout = absl::Seconds(30);

}  // namespace

absl::StatusOr<Guard> Guard::Start(const std::string& dir) {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return absl::ErrnoToStatus(errno, "socketpair");
  }
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  const absl::StatusOr<pid_t> shell =
      Spawn({"/bin/sh", "-c", kScript, "sh", dir}, Account::Own(), theirs.get(), theirs.get());
  if (!shell.ok()) return shell.status();
  if (const auto detached = WaitForExit(*shell, pq::After(kCleanUpTimeout)); !detached.ok()) return detached.status();
  return Guard(std::move(ours));
}

Guard::Guard(FileDescriptor socket) : socket_(std::move(socket)), owner_(::getpid()) {}

Guard::~Guard() {
  if (!socket_.valid() || owner_ != ::getpid()) return;
  ::shutdown(socket_.get(), SHUT_WR);
  const pq::Deadline deadline = pq::After(kCleanUpTimeout);
  pollfd readable = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  char ignored = 0;
  // The guard's messages, should it have any, go into the socket too; it ends when the guard does.
  while (pq::Deadline::clock::now() < deadline && ::poll(&readable, 1, 100) >= 0) {
    if (readable.revents != 0 && ::read(socket_.get(), &ignored, 1) <= 0) return;
  }
}

}  // namespace bxb::testing
