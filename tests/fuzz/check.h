#pragma once

#include <cstdlib>

namespace bxb::fuzz {

/// Stops the fuzzer, which then keeps the input.
inline void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace bxb::fuzz
