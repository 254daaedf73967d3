#pragma once

#include "absl/status/status.h"
#include "bxb/status.h"

namespace bxb::internal {

/// Attaches what the server said (or, for a row refused before it was sent, would have said) to a
/// status, for ServerErrorOf and SqlStateOf to read. An OK status is returned as it is.
absl::Status WithServerError(absl::Status status, const ServerError& error);

}  // namespace bxb::internal
