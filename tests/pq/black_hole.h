#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>

#include "testing/file_descriptor.h"

namespace bxb::testing {

/// A port of 127.0.0.1 that takes connections, since the kernel does that, and never says a word.
class BlackHole {
 public:
  BlackHole() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool listens = bind(socket_.get(), any, size) == 0 && listen(socket_.get(), kBacklog) == 0 &&
                         getsockname(socket_.get(), any, &size) == 0;
    if (!listens) std::abort();
    port_ = ntohs(address.sin_port);
  }

  int port() const { return port_; }

 private:
  static constexpr int kBacklog = 1000;

  FileDescriptor socket_;
  int port_ = 0;
};

}  // namespace bxb::testing
