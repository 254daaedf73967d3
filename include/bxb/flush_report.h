#pragma once

#include <cstdint>
#include <ostream>

#include "absl/status/status.h"
#include "bxb/lsn.h"
#include "bxb/read_token.h"

namespace bxb {

/// What Flush and Close achieved: the outcomes that became known since the previous report (or Open),
/// counted. Of flushes that overlap each one counts what became known since it began: an outcome may be in several
/// reports, but it is in one at least.
struct FlushReport {
  std::uint64_t inserted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unknown = 0;

  /// Rows accepted before a Flush that had no outcome when its timeout passed: they are still on their
  /// way. Close leaves none: it counts them as unknown.
  std::uint64_t unresolved = 0;

  /// The highest LSN of any commit so far: a server that has replayed up to it shows every stored row.
  Lsn lsn = {};
  std::uint32_t timeline = 0;  ///< on which that is so; the latest where there were several

  /// The status of the latest rejected or unknown row that the report counts; OK where there is none.
  absl::Status last_error = {};

  /// The two together: give it to ReadOptions::at_least to read what was written.
  ReadToken token() const { return {lsn, timeline}; }

  /// True when every row that the report speaks of is proven to be in the table.
  bool all_stored() const { return rejected == 0 && unknown == 0 && unresolved == 0; }
};

/// One line for people: `1,200 inserted, 3 duplicates, 0 rejected, 0 unknown, 0 unresolved, lsn 0/16B3748`.
std::ostream& operator<<(std::ostream& out, const FlushReport& report);

}  // namespace bxb
