#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace bxb {

/// A position in the primary's write-ahead log (PostgreSQL's `pg_lsn`): a byte offset that only grows
/// along one timeline. A read on a server that has replayed up to an event's LSN sees that event.
/// Zero means "no position". LSNs of different timelines (before and after a failover) do not compare.
struct Lsn {
  std::uint64_t value = 0;

  /// Reads PostgreSQL's text form, two hexadecimal halves: `0/16B3748`. Anything else is nullopt.
  static std::optional<Lsn> Parse(std::string_view text);

  /// The same text form; `0/0` for "no position".
  std::string ToString() const;

  friend auto operator<=>(const Lsn&, const Lsn&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Lsn& lsn) { return out << lsn.ToString(); }
};

}  // namespace bxb
