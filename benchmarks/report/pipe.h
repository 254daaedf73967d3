#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "support/session.h"
#include "testing/file_descriptor.h"

namespace bxb::bench::report {

/// Dies where there can be none.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) Die("no pipe");
    read = testing::FileDescriptor(ends[0]);
    write = testing::FileDescriptor(ends[1]);
  }

  testing::FileDescriptor read;
  testing::FileDescriptor write;
};

}  // namespace bxb::bench::report
