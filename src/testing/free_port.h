#pragma once

#include "absl/status/statusor.h"

namespace bxb::testing {

/// A TCP port on 127.0.0.1 that is free now. Another program may take it before its user does; the kernel hands out a
/// different one each time. Errors: the system's.
absl::StatusOr<int> FreePort();

}  // namespace bxb::testing
