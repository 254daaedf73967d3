#pragma once

#include <sys/types.h>

namespace bxb::bench::report {

/// A process's memory in bytes, by shares: a page that several processes have counts in parts, so that sums are right.
/// 0 where the system does not tell.
double MemoryOf(pid_t pid);

/// Of all processes of a server.
double MemoryOfServer(pid_t postmaster);

}  // namespace bxb::bench::report
