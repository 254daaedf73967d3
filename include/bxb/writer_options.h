#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bxb/dead_letter.h"
#include "bxb/dedup_scope.h"
#include "bxb/partitions.h"

namespace bxb {

/// How far a commit goes before the server confirms it, in rising order of safety and delay
/// (https://www.postgresql.org/docs/15/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT). Sent with every
/// batch as SET LOCAL, so it holds whatever the database's or role's own default is.
enum class SynchronousCommit : std::uint8_t {
  kServerDefault,  ///< whatever the server is set to; the acknowledgement states what that proves
  kOff,            ///< confirmed before it is on disk: about 10 % faster, a server crash loses the last moments
  kLocal,          ///< on the primary's disk; synchronous standbys are not waited for
  kRemoteWrite,    ///< and received by the synchronous standbys
  kOn,             ///< and on the synchronous standbys' disks, where synchronous_standby_names is set
  kRemoteApply,    ///< and visible on the synchronous standbys
};

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

/// Receives one line, without a newline or a password. It may be called from any thread of the writer
/// and must not call back into it.
using LogHook = std::function<void(LogLevel, std::string_view)>;

/// Settings of a Writer. Only `dsn` wants a value; an empty one leaves everything to libpq's own defaults.
struct WriterOptions {
  /// A libpq connection string or URI, with one host or several
  /// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). Environment variables
  /// (PGHOST, PGPASSWORD …) and ~/.pgpass fill in what it leaves out. Of several hosts the first writable one is
  /// taken, at Open and at each reconnect, whatever load_balance_hosts says. A host that vanishes without a word is
  /// noticed within about 11 seconds (keepalives_idle 5, keepalives_interval 2, keepalives_count 3,
  /// tcp_user_timeout 10000, unless the dsn has others). Passwords are never shown.
  std::string dsn = {};

  /// The table, "name" or "schema.name", spelled as the catalog does, without quotes; without a schema
  /// it is looked up along the search_path. Default: RowOf<Row>::table; required where that is missing.
  std::string table = {};

  /// Creates what is missing: for bxb::Event the events table and its indexes; for a row type without a key the
  /// ledger (see docs/delivery.md) beside its table. Any other table is yours to create. What exists is left as it is.
  bool create_table = false;

  /// What makes two rows the same one, for a row type with a key. Unset: the strongest scope that the table offers, and
  /// Open fails where it offers none; the log is told when that is kPerTimestamp. kNone must be asked for: then nothing
  /// is deduplicated, and rows are written as those without a key are (see docs/delivery.md for the ledger).
  std::optional<DedupScope> dedup = {};

  /// For a table that is partitioned by ranges of the row's kTime column: its window of accepted times, and how
  /// partitions come and go. Of no effect elsewhere.
  PartitionOptions partitions = {};

  SynchronousCommit synchronous_commit = SynchronousCommit::kOn;

  /// Connections, each with its own thread, that commit batches side by side. Two keep one busy server
  /// process preparing while another waits for its disk; more help when the server has cores to spare, and
  /// cost latency when it has not. 1 … 64; memory_bytes must have room for two batches more than lanes.
  int lanes = 2;

  /// A batch is sealed when it holds this many events … Below about 1,000 each commit's own cost begins to
  /// show; above 20,000 nothing is gained, and a batch takes longer to repeat when it fails. 1 … 1,000,000.
  std::size_t batch_rows = 20'000;

  /// … or this many encoded bytes, whichever comes first. An event larger than this is refused.
  /// 4 KiB … 1 GiB.
  std::size_t batch_bytes = std::size_t{4} << 20;

  /// How long an event may wait for company while a lane is free. Zero sends at once: under load a batch
  /// then fills while the one before it is on the wire, so it grows by itself (group commit). A few
  /// milliseconds save the server work at the price of that latency. 0 … 1 minute.
  absl::Duration linger = absl::ZeroDuration();

  /// Sends each batch in the order of its keys, where duplicates are told by them: neighbours share pages of the unique
  /// index, which then takes them faster (docs/measurements.md has by how much), and writers that write the same keys
  /// do not deadlock. Off saves the sorting, for events that come in the order of their keys anyway.
  bool sort_by_key = true;

  /// The bound on the memory of all batches together: open, waiting and on the wire. When it is reached
  /// Write blocks and TryWrite returns; nothing is dropped. At least lanes + 2 batches must fit, and each counts in
  /// full (batch_bytes, and some 90 bytes for each of batch_rows): with small batch_rows choose a small batch_bytes.
  std::size_t memory_bytes = std::size_t{64} << 20;

  /// Memory for the keys of events that are on their way or were committed lately, besides memory_bytes: 24 bytes a
  /// key. A repeated event whose key is there is answered without the server. It counts as a duplicate even if
  /// somebody has deleted the event from the table meanwhile; zero asks the server every time. Without a key in the
  /// row type nothing is taken. Taken from the system as keys arrive, and rounded up a little. 0 … 64 GiB.
  std::size_t dedup_cache_bytes = std::size_t{32} << 20;

  /// How many of the table's most recent rows Open reads to fill that cache, so that events repeated after a restart
  /// of the process are found at once too. It needs SELECT on the table, and time: about a second for a million keys.
  /// Where it fails or takes longer than connect_timeout, the log is told, and the writer starts without them.
  std::size_t warm_up_keys = 0;

  /// How long Write blocks for memory before it gives up with ResourceExhausted. > 0.
  absl::Duration write_timeout = absl::Seconds(30);

  /// How long Open, and each later reconnect, may take in all, for all hosts of the dsn together, whatever the
  /// dsn's own connect_timeout says. Each host is given an equal share of what is left when its turn comes. Only
  /// looking a host name up is outside it (libpq cannot be interrupted there): use `hostaddr` where DNS may hang. > 0.
  absl::Duration connect_timeout = absl::Seconds(10);

  /// How long a lane tries to commit one batch, retries and reconnects included, before its events
  /// become kUnknown (or kRejected, where the batch surely was not committed). > 0 … 12 hours.
  absl::Duration commit_timeout = absl::Minutes(5);

  /// What the connections are called in pg_stat_activity, unless the dsn says so.
  std::string application_name = "bxb";

  /// Where reconnects, retries and failed batches are told. Unset: nowhere.
  LogHook log = {};

  /// Receives each event that was accepted and then rejected: what to keep for a person to look at.
  DeadLetterHook dead_letter = {};
};

}  // namespace bxb
