#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace bxb::wire {

/// InvalidArgument for a row that the server would refuse with this SQLSTATE.
absl::Status Refusal(const std::string& message, std::string_view sqlstate, std::string_view column = {});

}  // namespace bxb::wire
