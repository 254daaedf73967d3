#pragma once

#include <cstddef>

namespace bxb::schema {

/// A few hundred: every query that names no time plans for each of them.
inline constexpr std::size_t kMostPartitions = 400;

}  // namespace bxb::schema
