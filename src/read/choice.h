#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "bxb/read_options.h"

namespace bxb::read {

/// A server as a policy sees it.
struct Choosable {
  std::size_t server;
  bool primary;
  bool near;  ///< it has the reader's label
  absl::Duration latency;
  int under_way;      ///< reads
  bool full = false;  ///< it has no session for another one
};

/// Which of the servers that qualify serves the next read; nullopt: none that the policy wants. `draw` is asked for
/// random numbers, `turn` counts the reads that go round robin. With `primary_too` the primary is wanted by every
/// policy.
std::optional<std::size_t> Choose(std::span<const Choosable> qualified, ReadPolicy policy, bool primary_too,
                                  std::uint64_t turn, absl::FunctionRef<std::uint64_t()> draw);

}  // namespace bxb::read
