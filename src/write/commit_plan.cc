#include "write/commit_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <vector>

#include "schema/partition_interval.h"

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

// Whatever the database's default is: what is looked up behind a lock must be seen as it is then.
std::string BeginSql(SynchronousCommit level) {
  const std::string begin = "BEGIN ISOLATION LEVEL READ COMMITTED;";
  if (level == SynchronousCommit::kServerDefault) return begin;
  return fmt::format("{}SET LOCAL synchronous_commit={};", begin, SqlValue(level));
}

// A confirmed commit is flushed, unless it need not be. Beyond that lies what others have written and not committed,
// and, on an idle primary, at times a page's header that comes with the next record only: a standby would be waited for
// that has all there is.
std::string_view PositionSql(SynchronousCommit level) {
  switch (level) {
    case SynchronousCommit::kOff:
      return "pg_current_wal_insert_lsn()";
    case SynchronousCommit::kServerDefault:
      return "CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() "
             "ELSE pg_current_wal_flush_lsn() END";
    default:
      return "pg_current_wal_flush_lsn()";
  }
}

// It runs after the commit, so the position covers it, and the settings are those that the commit obeyed. An
// unlogged table is never on disk for good, whatever fsync says. A WAL file's name begins with the timeline.
std::string CommitSql(bool unlogged, SynchronousCommit level) {
  const std::string stated = level == SynchronousCommit::kServerDefault ? "current_setting('synchronous_commit')"
                                                                        : fmt::format("'{}'", SqlValue(level));
  return fmt::format(
      "COMMIT;SELECT {},{},current_setting('synchronous_standby_names')<>'',{},"
      "pg_walfile_name(pg_current_wal_insert_lsn()),pg_postmaster_start_time()",
      PositionSql(level), stated, unlogged ? "'off'" : "current_setting('fsync')");
}

std::string CopyInto(const std::string& relation, const std::string& columns) {
  return fmt::format("COPY {}({}) FROM STDIN (FORMAT binary);", relation, columns);
}

std::string StageSql(const std::string& relation, const std::string& columns) {
  return fmt::format("CREATE TEMP TABLE {2} ON COMMIT DROP AS SELECT {1} FROM {0} WITH NO DATA;{3}", relation, columns,
                     kStageName, CopyInto(fmt::format("pg_temp.{}", kStageName), columns));
}

std::string MergeSql(const CommitPlan& plan) {
  return fmt::format(
      "COPY (INSERT INTO {0}({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM pg_temp.{3} ON CONFLICT ({2}) DO "
      "NOTHING RETURNING {2}) TO STDOUT (FORMAT binary);",
      plan.table, plan.columns, plan.key_columns, kStageName);
}

// Whoever gets a key into the key table writes the row: the first of the batch's rows with that key. A row whose key
// the key table has forgotten may still be found by an index on the key and the time.
std::string MergeWithKeysSql(const CommitPlan& plan, const std::string& key_and_time) {
  return fmt::format(
      "SET LOCAL jit=off;COPY (WITH claimed AS (INSERT INTO {4}({2}) SELECT {2} FROM pg_temp.{3} ON CONFLICT ({2}) DO "
      "NOTHING RETURNING {2}),stored AS (INSERT INTO {0}({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM (SELECT DISTINCT "
      "ON ({2}) * FROM (SELECT ctid AS bxb_position,* FROM pg_temp.{3}) s JOIN claimed USING ({2}) ORDER BY {2},"
      "bxb_position) f {5} RETURNING {2}) SELECT {2} FROM stored) TO STDOUT (FORMAT binary);",
      plan.table, plan.columns, plan.key_columns, kStageName, plan.key_relation,
      key_and_time.empty() ? "" : fmt::format("ON CONFLICT ({}) DO NOTHING", key_and_time));
}

// A subquery for each key is a descent of the unique index, whatever the planner thinks of a table without statistics.
// Its estimate of them all would call for just-in-time compilation, which takes longer than they do.
std::string LookupSql(const CommitPlan& plan, std::span<const std::string> key_columns) {
  std::string same;
  for (const std::string& column : key_columns) {
    same += fmt::format("{}t.{}=s.{}", same.empty() ? "" : " AND ", column, column);
  }
  return fmt::format("SET LOCAL jit=off;COPY (SELECT {1} FROM pg_temp.{2} s WHERE (SELECT true FROM {0} t WHERE {3}",
                     plan.key_relation, plan.key_columns, kStageName, same);
}

// A day is much longer than any batch is tried for. Few rows at a time, and never waiting for another lane.
std::string PruneSql(const std::string& ledger) {
  return fmt::format(
      "WITH pruned AS (DELETE FROM {0} WHERE ctid=ANY(ARRAY(SELECT ctid FROM {0} WHERE committed_at<now()-interval "
      "'1 day' LIMIT {1} FOR UPDATE SKIP LOCKED)) RETURNING 1) SELECT count(*)={1} FROM pruned",
      ledger, kPrunedAtOnce);
}

// The cast of a name that no relation has is an error that a dropped partition would cause too.
std::string AttachedSql(const std::string& root, std::span<const std::string> partitions) {
  return fmt::format(
      "SELECT (CASE WHEN (SELECT count(*) FROM pg_catalog.pg_inherits WHERE inhparent={}::regclass AND NOT "
      "inhdetachpending AND inhrelid IN ({}))={} THEN 'pg_catalog.pg_class' ELSE 'pg_catalog.\"bxb: not a partition "
      "any more\"' END)::regclass;",
      schema::QuoteLiteral(root), fmt::join(partitions, ","), partitions.size());
}

std::string TimeLiteral(schema::PgMicros time) {
  return schema::QuoteLiteral(schema::TimeText(schema::FromPgMicros(time), /*with_zone=*/true));
}

}  // namespace

std::string CommitPlan::CopySql(std::span<const Segment> segments) const {
  std::string sql = has_key_table ? CopyInto(key_relation, key_columns) : "";
  std::vector<std::string> partitions;
  for (const Segment& segment : segments) {
    sql += CopyInto(segment.partition == nullptr ? table : segment.partition->sql_name, columns);
    if (segment.partition != nullptr)
      partitions.push_back(schema::QuoteLiteral(segment.partition->sql_name) + "::regclass");
  }
  return partitions.empty() ? sql : sql + AttachedSql(table, partitions);
}

std::string CommitPlan::DirectSql(std::span<const Segment> segments, std::string_view number) const {
  const std::string note = has_ledger() ? fmt::format("{}'{}');", note_sql, number) : "";
  return begin_sql + note + CopySql(segments);
}

std::string CommitPlan::LookupSql(const Times& times) const {
  const bool bounded = times && times->first != schema::kBeforeAll && times->second != schema::kAfterAll;
  if (!bounded) return begin_sql + lookup_sql + lookup_end_sql;
  return fmt::format("{}{} AND t.{} BETWEEN {} AND {}{}", begin_sql, lookup_sql, time_column, TimeLiteral(times->first),
                     TimeLiteral(times->second), lookup_end_sql);
}

std::string CommitPlan::TrialSql(std::span<const Segment> segments, bool merging) const {
  return begin_sql + (merging ? merge_sql : CopySql(segments)) + "SET CONSTRAINTS ALL IMMEDIATE;ROLLBACK";
}

CommitPlan MakeCommitPlan(const PlanParts& parts) {
  const auto& names = parts.binding.column_names;
  const auto key = std::span(names).first(parts.key_columns);
  const schema::Table& decides = parts.key_table == nullptr ? parts.table : *parts.key_table;
  CommitPlan plan = {.table = parts.table.sql_name,
                     .table_name = parts.table.name,
                     .columns = fmt::format("{}", fmt::join(names, ",")),
                     .key_columns = fmt::format("{}", fmt::join(key, ",")),
                     .key_relation = decides.sql_name,
                     .has_key_table = parts.key_table != nullptr,
                     .begin_sql = BeginSql(parts.level),
                     .commit_sql = CommitSql(parts.table.unlogged, parts.level),
                     .commit_unlogged_sql = CommitSql(/*unlogged=*/true, parts.level)};
  for (std::size_t i = 0; i < key.size(); ++i) {
    plan.key.push_back({.name = parts.binding.plain_names[i], .type = parts.binding.types[i]});
  }
  if (!key.empty()) {
    plan.merge_sql = StageSql(plan.table, plan.columns) +
                     (plan.has_key_table ? MergeWithKeysSql(plan, parts.key_and_time) : MergeSql(plan));
    plan.lookup_sql = StageSql(plan.key_relation, plan.key_columns) + LookupSql(plan, key);
    plan.lookup_end_sql = ")) TO STDOUT (FORMAT binary);";
    if (!plan.has_key_table) plan.time_column = parts.time_column;
  }
  if (parts.ledger) {
    plan.note_sql = fmt::format("INSERT INTO {}(batch) VALUES (", *parts.ledger);
    plan.prune_sql = PruneSql(*parts.ledger);
  }
  return plan;
}

}  // namespace bxb::write
