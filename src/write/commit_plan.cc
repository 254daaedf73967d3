#include "write/commit_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

namespace bxb::write {
namespace {

constexpr int kPrunedAtOnce = 1000;

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
// unlogged table is never on disk for good, whatever fsync says. A WAL file's name begins with the timeline.
std::string CommitSql(const schema::Table& table, SynchronousCommit level) {
  const std::string stated = level == SynchronousCommit::kServerDefault ? "current_setting('synchronous_commit')"
                                                                        : fmt::format("'{}'", SqlValue(level));
  return fmt::format(
      "COMMIT;SELECT pg_current_wal_insert_lsn(),{},current_setting('synchronous_standby_names')<>'',{},"
      "pg_walfile_name(pg_current_wal_insert_lsn()),pg_postmaster_start_time()",
      stated, table.unlogged ? "'off'" : "current_setting('fsync')");
}

std::string StageSql(const std::string& table, const std::string& columns) {
  return fmt::format(
      "CREATE TEMP TABLE {2} ON COMMIT DROP AS SELECT {1} FROM {0} WITH NO DATA;"
      "COPY pg_temp.{2}({1}) FROM STDIN (FORMAT binary);",
      table, columns, kStageName);
}

std::string MergeSql(const std::string& table, const std::string& columns, const std::string& key) {
  return fmt::format(
      "COPY (INSERT INTO {0}({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM pg_temp.{3} ON CONFLICT ({2}) DO "
      "NOTHING RETURNING {2}) TO STDOUT (FORMAT binary);",
      table, columns, key, kStageName);
}

// A subquery for each key is a descent of the unique index, whatever the planner thinks of a table without statistics.
// Its estimate of them all would call for just-in-time compilation, which takes longer than they do.
std::string LookupSql(const std::string& table, std::span<const std::string> key_columns) {
  std::string same;
  for (const std::string& column : key_columns) {
    same += fmt::format("{}t.{}=s.{}", same.empty() ? "" : " AND ", column, column);
  }
  return fmt::format(
      "SET LOCAL jit=off;COPY (SELECT {1} FROM pg_temp.{2} s WHERE (SELECT true FROM {0} t WHERE {3})) TO STDOUT "
      "(FORMAT binary);",
      table, fmt::join(key_columns, ","), kStageName, same);
}

// A day is much longer than any batch is tried for. Few rows at a time, and never waiting for another lane.
std::string PruneSql(const std::string& ledger) {
  return fmt::format(
      "WITH pruned AS (DELETE FROM {0} WHERE ctid=ANY(ARRAY(SELECT ctid FROM {0} WHERE committed_at<now()-interval "
      "'1 day' LIMIT {1} FOR UPDATE SKIP LOCKED)) RETURNING 1) SELECT count(*)={1} FROM pruned",
      ledger, kPrunedAtOnce);
}

}  // namespace

std::string CommitPlan::DirectSql(std::string_view number) const {
  if (!has_ledger()) return begin_sql + copy_sql + commit_sql;
  return fmt::format("{}{}'{}');{}{}", begin_sql, note_sql, number, copy_sql, commit_sql);
}

std::string CommitPlan::TrialSql(bool merging) const {
  return begin_sql + (merging ? merge_sql : copy_sql) + "SET CONSTRAINTS ALL IMMEDIATE;ROLLBACK";
}

CommitPlan MakeCommitPlan(const schema::Table& table, const schema::Binding& binding, SynchronousCommit level,
                          const std::optional<std::string>& ledger) {
  const std::string columns = fmt::format("{}", fmt::join(binding.column_names, ","));
  const auto key_end = binding.column_names.begin() + static_cast<std::ptrdiff_t>(binding.key_columns);
  const std::string key = fmt::format("{}", fmt::join(binding.column_names.begin(), key_end, ","));
  CommitPlan plan = {.table = table.sql_name,
                     .table_name = table.name,
                     .begin_sql = BeginSql(level),
                     .commit_sql = CommitSql(table, level)};
  for (std::size_t i = 0; i < binding.key_columns; ++i) {
    plan.key.push_back({.name = binding.plain_names[i], .type = binding.types[i]});
  }
  plan.copy_sql = fmt::format("COPY {}({}) FROM STDIN (FORMAT binary);", table.sql_name, columns);
  if (binding.key_columns > 0) {
    plan.merge_sql = StageSql(table.sql_name, columns) + MergeSql(table.sql_name, columns, key);
    plan.lookup_sql = StageSql(table.sql_name, key) +
                      LookupSql(table.sql_name, std::span(binding.column_names).first(binding.key_columns));
  }
  if (ledger) {
    plan.note_sql = fmt::format("INSERT INTO {}(batch) VALUES (", *ledger);
    plan.prune_sql = PruneSql(*ledger);
  }
  return plan;
}

}  // namespace bxb::write
