#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace bxb::chaos {

/// What all randomness of a test follows from: $BXB_CHAOS_SEED, else a new one. Printed, so that it is known however
/// the test ends.
inline std::uint64_t Seed() {
  const char* wanted = std::getenv("BXB_CHAOS_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device{}();
  std::cerr << "BXB_CHAOS_SEED=" << seed << "\n";
  return seed;
}

}  // namespace bxb::chaos
