#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "support/session.h"

namespace bxb::bench {

/// Dies unless it is good.
inline void Must(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

template <typename T>
T Must(absl::StatusOr<T> result) {
  Must(result.status());
  return *std::move(result);
}

}  // namespace bxb::bench
