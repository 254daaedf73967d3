#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bxb/pg_type.h"
#include "bxb/writer_options.h"
#include "schema/binding.h"
#include "schema/partition_map.h"
#include "schema/table.h"
#include "write/routing.h"

namespace bxb::write {

/// The SQL of a batch's commit: one message for each way. All but a trial end with a SELECT behind the COMMIT, for
/// AcknowledgementOf.
struct CommitPlan {
  struct KeyColumn {
    std::string name;
    PgType type;
  };
  using Times = std::optional<std::pair<schema::PgMicros, schema::PgMicros>>;

  std::string table;         ///< quoted, with its schema
  std::string table_name;    ///< plain: as the server names it in messages
  std::string columns;       ///< those that are written, quoted, with commas between them
  std::string key_columns;   ///< the same of the dedup key; empty: no key
  std::string key_relation;  ///< the table whose unique index decides: the table itself, or its key table
  std::vector<KeyColumn> key;
  bool has_key_table = false;

  std::string begin_sql;
  std::string commit_sql;           ///< what every message but a trial ends with
  std::string commit_unlogged_sql;  ///< the same where the rows may have gone into something unlogged
  std::string note_sql;             ///< into the ledger; ends where the batch's number comes; empty: no ledger
  std::string merge_sql;            ///< into a staging table, then what is new from there; empty: no key
  std::string lookup_sql;      ///< the keys into a staging table, then those that are known, up to where a condition
  std::string lookup_end_sql;  ///< … may stand
  std::string time_column;     ///< quoted, where the keys to look up lie in partitions by time
  std::string prune_sql;       ///< removes some old rows of the ledger, and says whether there may be more

  bool can_merge() const { return !merge_sql.empty(); }
  bool has_ledger() const { return !note_sql.empty(); }

  /// The rows' own COPYs, the key table's before them, and a check that the partitions are still the table's, which
  /// fails with 42P01 if they are not. The COPYs hold locks that keep them so until the end of the transaction.
  std::string CopySql(std::span<const Segment> segments) const;

  /// What would be committed: `number` is the batch's in the ledger, where there is one.
  std::string DirectSql(std::span<const Segment> segments, std::string_view number) const;

  std::string MergeSql() const { return begin_sql + merge_sql; }

  /// `times` are those of the keys: without them, all partitions would be planned for.
  std::string LookupSql(const Times& times) const;

  /// Commits nothing, but as durably as a batch: what was visible before it is as durable behind it. A transaction
  /// without a log record of its own would not wait for the standbys.
  std::string BarrierSql() const { return begin_sql + "SELECT pg_logical_emit_message(true,'bxb','');"; }

  /// What a commit would say of the rows, without one.
  std::string TrialSql(std::span<const Segment> segments, bool merging) const;
};

/// The staging table of a merge, plain.
inline constexpr std::string_view kStageName = "bxb_stage";

/// What a plan is made of. The references are used during the call only.
struct PlanParts {
  const schema::Table& table;
  const schema::Binding& binding;
  std::size_t key_columns;         ///< of the binding's columns, at the front; 0: no dedup
  const schema::Table* key_table;  ///< null: the table's own unique index decides
  std::string key_and_time;        ///< beside a key table: those of a unique index on both, quoted; empty: none
  std::string time_column;         ///< of a table that is partitioned by it, quoted; else empty
  SynchronousCommit level;
  std::optional<std::string> ledger;  ///< its quoted name, where the table has one and needs it
};

CommitPlan MakeCommitPlan(const PlanParts& parts);

}  // namespace bxb::write
