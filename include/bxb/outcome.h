#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/lsn.h"
#include "bxb/read_token.h"

namespace bxb {

/// What a commit waited for before the server confirmed it: what an acknowledgement proves.
/// It follows from `synchronous_commit`, `synchronous_standby_names` and `fsync` as they were on the
/// server when the batch committed (https://www.postgresql.org/docs/15/runtime-config-wal.html).
enum class Durability : std::uint8_t {
  kNone,         ///< nothing is proven: synchronous_commit = off, fsync = off, an unlogged table; or the connection
                 ///< broke behind the COMMIT, before the server had said more (then there is no position either)
  kLocalFsync,   ///< on the primary's disk: survives a crash of the process and of the host, not a lost disk
  kRemoteWrite,  ///< and received by the synchronous standbys' operating system
  kRemoteFlush,  ///< and on the synchronous standbys' disks: survives a failover to one of them
  kRemoteApply,  ///< and visible to queries on the synchronous standbys
};

/// What became of one event. Exactly one of four things, never silence.
///
/// | kind       | in the table?   | what the caller does next                                    |
/// |------------|-----------------|--------------------------------------------------------------|
/// | kInserted  | yes, once       | acknowledge it upstream                                      |
/// | kDuplicate | yes, once: an event with the same key was there first | acknowledge it upstream |
/// | kRejected  | no              | read `status`; mend the event, or write it again if the status says so |
/// | kUnknown   | nobody can tell | write it again: with a dedup key that is always safe         |
struct Outcome {
  enum class Kind : std::uint8_t { kInserted, kDuplicate, kRejected, kUnknown };

  Kind kind = Kind::kUnknown;

  /// What the acknowledgement proves; meaningful for kInserted and kDuplicate.
  Durability durability = Durability::kNone;

  /// For kInserted and kDuplicate: a position to read at. Any server that has replayed up to it shows
  /// the event. It is taken just after the commit, so it may lie a little beyond it. Zero where the connection broke
  /// before the server could tell.
  Lsn lsn = {};

  /// The timeline on which that is so: it grows by one with each promotion of a standby. Zero with a zero `lsn`.
  std::uint32_t timeline = 0;

  /// For kDuplicate: whether this event differs from the one that is in the table in anything but its key, which
  /// usually means that two things were given one key. nullopt where the other one's content is not known: it was
  /// written by another process, or too long ago.
  std::optional<bool> payload_differed = {};

  /// OK for kInserted and kDuplicate. Otherwise the reason, naming the column where one is at fault;
  /// ServerErrorOf(status) has the SQLSTATE and the server's words.
  absl::Status status = {};

  /// The two together: give it to ReadOptions::at_least to read what was written.
  ReadToken token() const { return {lsn, timeline}; }

  /// True when the event is in the table: inserted now or a duplicate of one that is there.
  bool stored() const { return kind == Kind::kInserted || kind == Kind::kDuplicate; }
};

std::string_view Name(Outcome::Kind kind);     ///< "inserted", "duplicate", "rejected", "unknown"
std::string_view Name(Durability durability);  ///< "on the primary's disk" …

/// One line for people: `inserted, on the primary's disk, lsn 0/16B3748`.
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

}  // namespace bxb
