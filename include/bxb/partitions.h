#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace bxb {

/// How much time one partition holds, cut in UTC: hours, days, weeks from Monday (ISO 8601), calendar months.
enum class PartitionInterval : std::uint8_t { kHour, kDay, kWeek, kMonth };

std::string_view Name(PartitionInterval interval);  ///< "hour", "day", "week", "month"

/// A half-open range of time, [from, to).
struct TimeRange {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();

  bool Contains(absl::Time time) const { return from <= time && time < to; }
  bool operator==(const TimeRange&) const = default;
};

/// The interval's own range that `time` lies in; an empty one where it is infinite.
TimeRange RangeOf(PartitionInterval interval, absl::Time time);

/// What is left of a partition that retention has taken out of its table: a table of its own, which queries on the
/// partitioned table do not see any more.
struct DetachedPartition {
  std::string table;  ///< quoted, with its schema: ready for SQL
  TimeRange range;
};

/// Receives a partition before it is dropped: copy it elsewhere. OK lets it be dropped; with an error it stays as it
/// is, detached, and is handed over again next time. It is also handed over again where the drop itself has failed, so
/// make the copy one that can be repeated. Meanwhile the table can be read and not changed, and nobody else has it.
/// Called on the thread that maintains the partitions, whose timeout does not end it; a writer's Close and destructor
/// wait for it.
using ArchiveHook = std::function<absl::Status(const DetachedPartition&)>;

/// How the partitions of a table are looked after. All of it needs a role that owns the table; with another role
/// the writer uses the partitions that there are, and says so in the log.
struct PartitionOptions {
  /// Creates missing partitions: `ahead` of time, and at once for a late event that has none. Off: an event without
  /// a partition is rejected. The interval is that of the partitions that are there already (ApplyLayout creates the
  /// first); where they have none in common, nothing is created. Never a DEFAULT partition.
  bool create = true;

  /// How many intervals after the current one are kept ready. 0 … 100.
  int ahead = 3;

  /// And how many before it. For writers whose role may not create any: as many as `oldest` reaches back. 0 … 1,000.
  int behind = 0;

  /// The oldest and the newest event that is accepted, measured from now by this host's clock; an event outside is
  /// rejected, and so is one that is older than what `keep` keeps. They bound how many partitions a broken clock can
  /// create. absl::InfiniteDuration() accepts all. For a writer; MaintainPartitions does not look at them.
  absl::Duration oldest = absl::Hours(35 * 24);
  absl::Duration newest = absl::Minutes(5);

  /// How long creating a partition may wait for a lock, each time: everybody behind it in the server's queue for that
  /// lock waits as long. It is tried again later. 1 ms … 1 minute.
  absl::Duration lock_timeout = absl::Milliseconds(500);

  /// Retention: how many intervals (days, in daily partitions) before the current one stay. Older partitions, whoever
  /// created them, are detached (concurrently, unless there is a DEFAULT partition), handed to `archive`, and dropped.
  /// Where partitions differ in length, the intervals are as long as the longest, and all stay while one is longer
  /// than a month. Unset: all stay.
  std::optional<int> keep = {};
  ArchiveHook archive = {};

  /// How long the key table of a globally deduplicated table remembers a key, since it was written: an event that
  /// comes again later counts again. It must be more than the longest retry. The key table must have the column
  /// `written_at timestamptz DEFAULT now()`. At least 1 minute. Unset or infinite: forever.
  std::optional<absl::Duration> keep_keys = {};
};

/// One thing that was done, or that would be done in a dry run.
struct PartitionChange {
  enum class Kind : std::uint8_t { kCreated, kDetached, kArchived, kDropped, kKeysDeleted };

  Kind kind = Kind::kCreated;
  std::string table;       ///< quoted, with its schema
  TimeRange range;         ///< of the partition
  std::uint64_t keys = 0;  ///< kKeysDeleted: how many
};

struct MaintenanceReport {
  bool dry_run = false;  ///< the changes would be made, and were not
  std::vector<PartitionChange> changes;

  /// What could not be done this time and will be tried again next time, and what is left to others (pg_partman).
  std::vector<std::string> notes;
};

/// Looks after a partitioned table once: creates what `options` want ahead, takes away what is too old. For a job of
/// your own, with a role that owns the table; a Writer with such a role does the same by itself while it is open.
/// Safe beside writers, readers, and others that do the same, in this process (from any number of threads) or another.
///
/// `dry_run` changes nothing and reports what would be done (but for kKeysDeleted's number). Nothing whose range
/// reaches beyond the bound is ever detached; the bound is worked out from this host's clock and the server's,
/// whichever is earlier. A table that pg_partman manages is left alone.
///
/// Takes up to `timeout`. Errors: NotFound (no such table), FailedPrecondition (not partitioned by ranges of one
/// time column), InvalidArgument (an option, named), PermissionDenied (not the owner), those of connecting; what
/// only a part of the work met is a note.
absl::StatusOr<MaintenanceReport> MaintainPartitions(const std::string& dsn, const std::string& table,
                                                     const PartitionOptions& options, bool dry_run = false,
                                                     absl::Duration timeout = absl::Minutes(5));

/// Lines for people: `created public.events_p20260101 [2026-01-01, 2026-01-02)`; of a dry run, `would be created …`.
std::ostream& operator<<(std::ostream& out, const PartitionChange& change);
std::ostream& operator<<(std::ostream& out, const MaintenanceReport& report);

}  // namespace bxb
