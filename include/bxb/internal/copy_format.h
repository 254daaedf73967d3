#pragma once

#include <cstddef>
#include <string_view>

namespace bxb::internal {

/// What stands around the tuples of a COPY BINARY stream
/// (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format").

/// Signature (11 bytes), flags (none), length of the header extension (0).
inline constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
inline constexpr std::size_t kCopySignatureBytes = 11;

/// A field count of -1, where the next tuple would begin.
inline constexpr std::string_view kCopyTrailer("\377\377", 2);

/// A tuple begins with the number of its fields.
inline constexpr std::size_t kFieldCountBytes = 2;

}  // namespace bxb::internal
