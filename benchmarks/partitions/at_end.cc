#include "partitions/at_end.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <utility>

#include "absl/time/time.h"
#include "support/must.h"
#include "testing/account.h"
#include "testing/process.h"

namespace bxb::bench::partitions {
namespace {

// The read returns when the other end of the socket is closed. What a script prints must not end it.
constexpr std::string_view kWaiting = "trap '' PIPE\nexec 3<&0\n(\nread -r line <&3\n{}\n) &\n";

constexpr absl::Duration kPatience = absl::Minutes(1);

}  // namespace

AtEnd::AtEnd(const std::string& script, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) Die("no socket for a shell");
  socket_ = testing::FileDescriptor(ends[0]);
  const testing::FileDescriptor theirs(ends[1]);
  std::vector<std::string> argv = {"/bin/sh", "-c", fmt::format(fmt::runtime(kWaiting), script), "sh"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const pid_t shell = Must(testing::Spawn(argv, testing::Account::Own(), theirs.get(), theirs.get()));
  Must(testing::WaitForExit(shell, pq::After(kPatience)));
}

// The shell holds the other end for as long as it runs.
AtEnd::~AtEnd() {
  ::shutdown(socket_.get(), SHUT_WR);
  const pq::Deadline deadline = pq::After(kPatience);
  pollfd readable = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  char ignored = 0;
  while (pq::Deadline::clock::now() < deadline && ::poll(&readable, 1, 100) >= 0) {
    if (readable.revents != 0 && ::read(socket_.get(), &ignored, 1) <= 0) return;
  }
}

}  // namespace bxb::bench::partitions
