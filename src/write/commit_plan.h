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

/// The SQL of a batch's commit: one message for each way, ready to be sent. All end with a SELECT behind the COMMIT,
/// for AcknowledgementOf.
struct CommitPlan {
  struct KeyColumn {
    std::string name;
    PgType type;
  };

  std::string table;       ///< quoted, with its schema
  std::string table_name;  ///< plain: as the server names it in messages
  std::vector<KeyColumn> key;

  std::string begin_sql;
  std::string note_sql;    ///< into the ledger; ends where the batch's number comes; empty: no ledger
  std::string direct_sql;  ///< COPY straight into the table; without its BEGIN
  std::string merge_sql;   ///< COPY into a staging table, then INSERT … ON CONFLICT DO NOTHING; empty: no key
  std::string verify_sql;  ///< COPY into a staging table, then the keys that the table has; empty: no key

  /// Commits nothing, but as durably as a batch: what was visible before it is as durable behind it.
  std::string barrier_sql;

  std::string prune_sql;  ///< removes old rows of the ledger

  bool can_merge() const { return !merge_sql.empty(); }
  bool has_ledger() const { return !note_sql.empty(); }

  /// `number` is the batch's in the ledger, where there is one.
  std::string DirectSql(std::string_view number) const;
};

/// The staging table of a merge, plain.
inline constexpr std::string_view kStageName = "bxb_stage";

/// `ledger` is its quoted name, where the table has one and needs it.
CommitPlan MakeCommitPlan(const schema::Table& table, const schema::Binding& binding, SynchronousCommit level,
                          const std::optional<std::string>& ledger);

}  // namespace bxb::write
