#include "write/commit_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

namespace bxb::write {
namespace {

std::string_view SqlValue(SynchronousCommit level) {
  switch (level) {
    case SynchronousCommit::kServerDefault:
      return "";
    case SynchronousCommit::kOff:
      return "off";
    case SynchronousCommit::kLocal:
      return "local";
    case SynchronousCommit::kRemoteWrite:
      return "remote_write";
    case SynchronousCommit::kOn:
      return "on";
    case SynchronousCommit::kRemoteApply:
      return "remote_apply";
  }
  return "";
}

std::string BeginSql(SynchronousCommit level) {
  if (level == SynchronousCommit::kServerDefault) return "BEGIN;";
  return fmt::format("BEGIN;SET LOCAL synchronous_commit={};", SqlValue(level));
}

// It runs after the commit, so the position covers it, and the settings are those that the commit obeyed. An
// unlogged table is never on disk for good, whatever fsync says.
std::string CommitSql(const schema::Table& table, SynchronousCommit level) {
  const std::string stated = level == SynchronousCommit::kServerDefault ? "current_setting('synchronous_commit')"
                                                                        : fmt::format("'{}'", SqlValue(level));
  return fmt::format("COMMIT;SELECT pg_current_wal_insert_lsn(),{},current_setting('synchronous_standby_names')<>'',{}",
                     stated, table.unlogged ? "'off'" : "current_setting('fsync')");
}

}  // namespace

CommitPlan MakeCommitPlan(const schema::Table& table, const schema::Binding& binding, SynchronousCommit level) {
  const std::string columns = fmt::format("{}", fmt::join(binding.column_names, ","));
  const auto key_end = binding.column_names.begin() + static_cast<std::ptrdiff_t>(binding.key_columns);
  const std::string key = fmt::format("{}", fmt::join(binding.column_names.begin(), key_end, ","));
  CommitPlan plan;
  plan.key_columns = binding.key_columns;
  plan.direct_sql = fmt::format("{}COPY {}({}) FROM STDIN (FORMAT binary);{}", BeginSql(level), table.sql_name, columns,
                                CommitSql(table, level));
  if (binding.key_columns == 0) return plan;
  plan.merge_sql = fmt::format(
      "{0}CREATE TEMP TABLE bxb_stage ON COMMIT DROP AS SELECT {2} FROM {1} WITH NO DATA;"
      "COPY pg_temp.bxb_stage({2}) FROM STDIN (FORMAT binary);"
      "COPY (INSERT INTO {1}({2}) OVERRIDING SYSTEM VALUE SELECT {2} FROM pg_temp.bxb_stage ON CONFLICT ({3}) DO "
      "NOTHING RETURNING {3}) "
      "TO STDOUT (FORMAT binary);{4}",
      BeginSql(level), table.sql_name, columns, key, CommitSql(table, level));
  return plan;
}

}  // namespace bxb::write
