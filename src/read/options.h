#pragma once

#include "absl/status/status.h"
#include "bxb/reader.h"

namespace bxb::read {

/// InvalidArgument names the option at fault.
absl::Status CheckOptions(const ReaderOptions& options);
absl::Status CheckOptions(const ReadOptions& options);

}  // namespace bxb::read
