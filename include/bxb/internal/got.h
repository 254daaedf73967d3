#pragma once

#include <cstdint>

namespace bxb::internal {

/// What came of decoding a value.
enum class Got : std::uint8_t {
  kValue,      ///< it is there
  kNull,       ///< NULL, and the member is not optional
  kUnfit,      ///< a good value that the C++ type cannot hold exactly
  kMalformed,  ///< not the bytes of this PostgreSQL type
};

}  // namespace bxb::internal
