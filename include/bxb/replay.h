#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bxb/read_options.h"

namespace bxb {

/// How far a replay has come: every transaction with a number below `xid` was over then, and what it had committed has
/// been delivered. Numbers are PostgreSQL's 64-bit transaction ids, which never wrap around
/// (https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
///
/// A time will not do for this: a row's created_at is when its transaction began, so one that commits late appears
/// behind what has been read already. Store the position together with what you did with the rows.
struct ReplayPosition {
  std::uint64_t xid = 0;       ///< 0: the very beginning
  std::uint32_t timeline = 0;  ///< on which that was so
  Lsn lsn = {};                ///< where the log was at least then

  /// Reads `738@1:0/16B3748`. Anything else is nullopt.
  static std::optional<ReplayPosition> Parse(std::string_view text);
  std::string ToString() const;

  friend bool operator==(const ReplayPosition&, const ReplayPosition&) = default;
  friend std::ostream& operator<<(std::ostream& out, const ReplayPosition& p) { return out << p.ToString(); }
};

/// What a replay has delivered.
struct ReplayReport {
  ReplayPosition next = {};  ///< from where the next one goes on
  ReadReport read = {};
};

}  // namespace bxb
