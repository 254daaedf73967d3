#pragma once

#include "absl/status/status.h"
#include "bxb/status.h"

namespace bxb::internal {

/// The same status with the server's words attached, for ServerErrorOf to read back.
absl::Status WithServerError(absl::Status status, const ServerError& error);

}  // namespace bxb::internal
