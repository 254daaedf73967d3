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
///
/// It is taken where the server cannot take it back: a crash of the primary, too, gives no number out again that lies
/// below. For that a replay on the primary first waits until its log is flushed so far, three times wal_writer_delay
/// (0.6 s by default) at most; on a standby everything is.
///
/// What counts is the transaction that wrote the row as it is now, with these consequences:
/// - What was inserted behind a savepoint has a number of its own, and may come with a later replay than the rest of
/// its
///   transaction.
/// - A row comes again when it was updated, and when ALTER TABLE has written the table anew. VACUUM, CLUSTER and
///   freezing change nothing.
/// - A table that is attached as a partition brings its rows as of when they were inserted, not attached.
/// - A row keeps only the lower 32 bits of the number. One that is more than 4,294,967,296 transactions old cannot be
///   told from one inserted that many later, and comes again with the latter's replay: at 1,000 transactions a second
///   after 50 days. ScanOptions::range keeps such rows out. None is ever missed.
/// - The role needs SELECT on the table, or besides the columns of the row on its system column:
///   GRANT SELECT (xmin).
struct ReplayPosition {
  std::uint64_t xid = 0;       ///< 0: the very beginning
  std::uint32_t timeline = 0;  ///< on which that was so
  Lsn lsn = {};                ///< how those transactions ended is in the log before this

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
