#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bxb/dedup_scope.h"
#include "bxb/internal/row_shape.h"
#include "bxb/partitions.h"
#include "bxb/row_codec.h"

namespace bxb {

/// Which indexes an events table has besides those of dedup. Each B-tree costs every insert, the more the larger it
/// grows: take the least that your queries need.
enum class IndexProfile : std::uint8_t {
  kSeed,    ///< an id with a primary key, (organization_id, code, timestamp), (external_customer_id, timestamp)
  kLean,    ///< (organization_id, code, timestamp): what usage queries need
  kAppend,  ///< BRIN on timestamp: for whole ranges of time; hardly any cost
};

std::string_view Name(IndexProfile profile);  ///< "seed", "lean", "append"

/// A foreign key from the events table to a table of yours. Every insert then looks there, and a violation names no
/// line, so that finding a bad row takes longer.
struct ForeignKey {
  std::vector<std::string> columns;     ///< of the events table
  std::string table;                    ///< "name" or "schema.name"
  std::vector<std::string> referenced;  ///< its columns; empty: its primary key
};

/// Autovacuum of a table that only ever grows. Inserted rows want to be frozen, and marked visible for index-only
/// scans, soon and in small portions; the server's defaults wait until a fifth of the table is new, which takes the
/// longer the larger it is. So: thresholds in rows, no scale factors, and a minimum freeze age of zero, since a row
/// that is not updated gains nothing from waiting (https://www.postgresql.org/docs/15/routine-vacuuming.html, "The
/// Autovacuum Daemon", advises it for tables with hardly any UPDATE or DELETE). Set on the plain table, or on each
/// partition: a partitioned table has no storage of its own.
struct Autovacuum {
  bool tuned = true;                          ///< false: the server's own settings
  std::int64_t insert_threshold = 1'000'000;  ///< a vacuum after so many rows, whatever the table holds
  std::int64_t analyze_threshold = 500'000;   ///< and new statistics
};

/// An events table: what it is partitioned by, what its indexes are. From it come the DDL as text, and ApplyLayout.
///
/// How to choose: dedup first (kGlobal if a retry may carry another time than the first attempt did), then the interval
/// (AdvisePartitions), then the smallest index profile that your queries can live with.
///
/// Thread safety: every function of this header may be called from any number of threads at once; each that takes a dsn
/// opens a connection of its own. The structs are plain values.
struct Layout {
  std::string table = "events";  ///< "name" or "schema.name", without quotes, as the catalog spells it

  /// Unset: one plain table. Above some tens of millions of rows its B-trees outgrow memory, and inserts slow down.
  std::optional<PartitionInterval> partition_by = {};

  IndexProfile indexes = IndexProfile::kSeed;

  /// kGlobal over partitions takes a second table, "<table>_keys", which is written in the same transaction: it holds
  /// the keys, and PartitionOptions::keep_keys bounds it.
  DedupScope dedup = DedupScope::kGlobal;

  /// COLLATE "C" for the text columns: compared byte by byte, which keeps indexes independent of the host's locale
  /// data and is faster. Off: the database's collation. Where that is C already there is no difference.
  bool collate_c = true;

  /// How full a page is made, 10 … 100. Events are not updated: leave nothing free.
  int fillfactor = 100;

  Autovacuum autovacuum = {};
  std::vector<ForeignKey> foreign_keys = {};

  /// Partitions that ApplyLayout creates after the current one, and before it, for late events; later the writer or
  /// MaintainPartitions does. `behind` is for writers whose role may not create any. 0 … 100, 0 … 1,000.
  int ahead = 3;
  int behind = 0;
};

/// The DDL that ApplyLayout runs on an empty database, for people who run their own migrations: statements that end in
/// ";\n", the table, its indexes, its key table or ledger, and the partitions around `now`. InvalidArgument names
/// the member at fault.
absl::StatusOr<std::string> LayoutDdl(const Layout& layout, absl::Time now = absl::Now());

/// Creates what is missing of the layout; what exists is left as it is, and is checked. Safe when several processes do
/// so at once, and to be run again. Errors:
/// - InvalidArgument: a member of the layout, named
/// - FailedPrecondition: an existing table differs from the layout (the message lists in what, one by one); it holds
///   rows, and its key table is missing or empty, so that they would count again; partitions are missing that this role
///   may not create, or that pg_partman is to create; the ledger cannot be used
/// - PermissionDenied: this role may not write to the key table, or the server says so
/// - those of connecting, and the server's others
absl::Status ApplyLayout(const std::string& dsn, const Layout& layout, absl::Duration timeout = absl::Minutes(1));

/// What a writer makes of one column or index of an existing table.
struct TableReport {
  struct Column {
    std::string name;
    std::string type;     ///< as SQL spells it
    std::string use;      ///< "written from std::string_view", "dedup key", "gets its default" …
    std::string problem;  ///< why a writer cannot use the table as it is; empty: none
  };
  struct Index {
    std::string name;
    std::string definition;  ///< as pg_indexes has it
    std::string use;         ///< "dedup, global", "dedup, per timestamp", "another unique index: what violates it is
                             ///< rejected", "none: partial" …
  };

  std::string table;  ///< quoted, with its schema
  std::vector<Column> columns;
  std::vector<Index> indexes;

  std::optional<DedupScope> dedup;  ///< the strongest that the table offers this row type; unset: none but kNone
  bool key_table = false;           ///< kGlobal comes from "<table>_keys"

  std::string partitioned_by;  ///< "RANGE (\"timestamp\")", as the server says; empty: plain
  std::optional<PartitionInterval> interval;
  std::size_t partitions = 0;
  std::size_t direct_partitions = 0;  ///< those that rows can be copied straight into
  bool default_partition = false;

  std::vector<std::string> problems;  ///< why Writer::Open would refuse: all of them
  std::vector<std::string> warnings;  ///< what works, but slower or otherwise than one might think

  bool usable() const { return problems.empty(); }
};

/// For people: a table of columns, one of indexes, the partitions, the problems.
std::ostream& operator<<(std::ostream& out, const TableReport& report);

namespace internal {
absl::StatusOr<TableReport> InspectFor(const RowShape& shape, const std::string& dsn, const std::string& table,
                                       absl::Duration timeout);
}

/// Reads an existing table back, whoever created it, and says what a Writer<Row> can and cannot use of it. `table` as
/// WriterOptions::table; empty: RowOf<Row>::table. A table that cannot be used is no error: see `problems`. Errors:
/// NotFound (no such table), InvalidArgument (a view or the like), those of connecting.
template <DescribedRow Row>
absl::StatusOr<TableReport> Inspect(const std::string& dsn, const std::string& table = {},
                                    absl::Duration timeout = absl::Seconds(30)) {
  return internal::InspectFor(RowCodec<Row>::Shape(), dsn, table, timeout);
}

/// An interval for a rate of rows, and what it leads to.
struct PartitionAdvice {
  std::optional<PartitionInterval> interval;  ///< unset: better not partitioned at all
  double rows_per_partition = 0;
  double partitions = 0;  ///< that are there at a time
  std::string reason;     ///< for people
};

/// The field's rule of thumb: days above 10,000 rows/s, weeks down to 1,000, months below; none where a month would
/// have less than about 10,000 rows; and a longer interval where `retention` would make more than a few hundred
/// partitions of it, which every query would have to plan for.
PartitionAdvice AdvisePartitions(double rows_per_second, absl::Duration retention);

/// Where a layout breaks that rule, one sentence each; none where it is fine.
std::vector<std::string> LayoutWarnings(const Layout& layout, double rows_per_second, absl::Duration retention);

}  // namespace bxb
