#pragma once

#include <string>

#include "absl/status/status.h"

namespace bxb::wire {

/// The message, for fmt.
inline std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace bxb::wire
