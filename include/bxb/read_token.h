#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "bxb/lsn.h"

namespace bxb {

/// What a caller has written or seen, as a point that a later read must have reached: a position in the write-ahead
/// log, and the timeline on which it is one. Outcome::token(), FlushReport::token() and ReadReport::token have one;
/// give it to ReadOptions::at_least, in this process or, as text, in another.
///
/// Positions of different timelines do not compare. After a promotion a token of the old timeline is fulfilled by every
/// server of the new one that has reached the token or the promotion, whichever comes first: all that has survived of
/// the old timeline is there. What an asynchronous failover has lost no server can show (docs/delivery.md).
struct ReadToken {
  Lsn lsn = {};
  std::uint32_t timeline = 0;  ///< 0: not known; taken for that of the present primary

  /// Where a standby was read: all transactions that it may have shown have numbers below this. The primary shows a
  /// commit only when its synchronous standbys have confirmed it, which is later than a standby may show it, so a read
  /// on the primary waits until these are over. 0: nothing of a standby's is in it, as in the token of a commit.
  std::uint64_t xid = 0;

  ReadToken() = default;
  ReadToken(Lsn position, std::uint32_t on_timeline = 0) : lsn(position), timeline(on_timeline) {}  // NOLINT

  /// Reads `0/16B3748@1`, `0/16B3748@1:738` with an xid, or only `0/16B3748`. Anything else is nullopt.
  static std::optional<ReadToken> Parse(std::string_view text);

  /// The same text form: without `:0`, and without `@0` where the timeline is not known.
  std::string ToString() const;

  /// From now on it stands for the other one too: of two commits' tokens the later one, a later timeline first.
  void Raise(const ReadToken& other) {
    const bool comparable = timeline == other.timeline || timeline == 0 || other.timeline == 0;
    if (!comparable && other.timeline > timeline) *this = other;
    if (!comparable) return;
    timeline = std::max(timeline, other.timeline);
    lsn = std::max(lsn, other.lsn);
    xid = std::max(xid, other.xid);
  }

  /// Whether it asks for anything: `0/0` does not.
  bool empty() const { return lsn == Lsn{}; }

  friend bool operator==(const ReadToken&, const ReadToken&) = default;
  friend std::ostream& operator<<(std::ostream& out, const ReadToken& token) { return out << token.ToString(); }
};

}  // namespace bxb
