#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace bxb {

/// A 128-bit identifier, kept as the sixteen bytes that PostgreSQL's `uuid` type stores and compares
/// (most significant byte first). A value type: copy it freely, from any thread.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// Reads the canonical text form, `01234567-89ab-cdef-0123-456789abcdef`, in either letter case.
  /// Anything else (braces, missing dashes, other lengths) is nullopt.
  static std::optional<Uuid> Parse(std::string_view text);

  /// The canonical lower-case form, 36 characters: what `SELECT id::text` prints.
  std::string ToString() const;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Uuid& uuid) { return out << uuid.ToString(); }
};

}  // namespace bxb
