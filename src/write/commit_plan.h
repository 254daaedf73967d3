#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "bxb/writer_options.h"
#include "schema/binding.h"
#include "schema/table.h"

namespace bxb::write {

/// The SQL of a batch's commit: one message each, ready to be sent.
struct CommitPlan {
  std::string direct_sql;       ///< COPY straight into the table
  std::string merge_sql;        ///< COPY into a staging table, then INSERT … ON CONFLICT DO NOTHING; empty: no key
  std::size_t key_columns = 0;  ///< how many fields a merge returns for each row that it inserts

  bool can_merge() const { return key_columns > 0; }
};

/// Both messages end with a SELECT behind the COMMIT, for AcknowledgementOf.
CommitPlan MakeCommitPlan(const schema::Table& table, const schema::Binding& binding, SynchronousCommit level);

}  // namespace bxb::write
