#include "pq/wait.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <climits>

namespace bxb::pq {
namespace {

int MillisecondsUntil(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

}  // namespace

absl::Status WaitForSocket(int socket, short events, Deadline deadline, const Interrupt* interrupt) {
  // poll(2) ignores a negative descriptor.
  std::array<pollfd, 2> fds = {pollfd{socket, events, 0}, pollfd{interrupt ? interrupt->fd() : -1, POLLIN, 0}};
  while (true) {
    const int ready = poll(fds.data(), fds.size(), MillisecondsUntil(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return absl::InternalError("poll failed");
    if (fds[1].revents != 0) return absl::CancelledError("the connection was interrupted");
    if (fds[0].revents != 0) return absl::OkStatus();
    if (std::chrono::steady_clock::now() >= deadline) {
      return absl::DeadlineExceededError("the server did not answer in time");
    }
  }
}

}  // namespace bxb::pq
