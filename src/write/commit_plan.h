#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/pg_type.h"
#include "bxb/writer_options.h"
#include "schema/binding.h"
#include "schema/table.h"

namespace bxb::write {

/// The SQL of a batch's commit: one message for each way. All but a trial end with a SELECT behind the COMMIT, for
/// AcknowledgementOf.
struct CommitPlan {
  struct KeyColumn {
    std::string name;
    PgType type;
  };

  std::string table;       ///< quoted, with its schema
  std::string table_name;  ///< plain: as the server names it in messages
  std::vector<KeyColumn> key;

  std::string begin_sql;
  std::string commit_sql;  ///< what every message but a trial ends with
  std::string note_sql;    ///< into the ledger; ends where the batch's number comes; empty: no ledger
  std::string copy_sql;    ///< COPY straight into the table
  std::string merge_sql;   ///< COPY into a staging table, then INSERT … ON CONFLICT DO NOTHING; empty: no key
  std::string lookup_sql;  ///< COPY the keys into a staging table, then those that the table has; empty: no key

  std::string prune_sql;  ///< removes some old rows of the ledger, and says whether there may be more

  bool can_merge() const { return !merge_sql.empty(); }
  bool has_ledger() const { return !note_sql.empty(); }

  /// What would be committed: `number` is the batch's in the ledger, where there is one.
  std::string DirectSql(std::string_view number) const;

  std::string MergeSql() const { return begin_sql + merge_sql + commit_sql; }
  std::string LookupSql() const { return begin_sql + lookup_sql + commit_sql; }

  /// Commits nothing, but as durably as a batch: what was visible before it is as durable behind it. A transaction
  /// without a log record of its own would not wait for the standbys.
  std::string BarrierSql() const { return begin_sql + "SELECT pg_logical_emit_message(true,'bxb','');" + commit_sql; }

  /// The same up to the COMMIT, then a ROLLBACK: what a commit would say of the rows, without one.
  std::string TrialSql(bool merging) const;
};

/// The staging table of a merge, plain.
inline constexpr std::string_view kStageName = "bxb_stage";

/// `ledger` is its quoted name, where the table has one and needs it.
CommitPlan MakeCommitPlan(const schema::Table& table, const schema::Binding& binding, SynchronousCommit level,
                          const std::optional<std::string>& ledger);

}  // namespace bxb::write
