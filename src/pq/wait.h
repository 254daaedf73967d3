#pragma once

#include "absl/status/status.h"
#include "pq/deadline.h"
#include "pq/interrupt.h"

namespace bxb::pq {

/// Blocks until `socket` is ready for one of poll(2)'s `events`. DeadlineExceeded or Cancelled otherwise.
absl::Status WaitForSocket(int socket, short events, Deadline deadline, const Interrupt* interrupt);

}  // namespace bxb::pq
