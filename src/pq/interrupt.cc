#include "pq/interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace bxb::pq {

Interrupt::Interrupt() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interrupt::~Interrupt() {
  if (fd_ >= 0) close(fd_);
}

void Interrupt::Set() {
  const std::uint64_t one = 1;
  // Nobody ever reads the counter, so the only failure is an overflow of one that is set already.
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

}  // namespace bxb::pq
