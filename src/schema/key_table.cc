#include "schema/key_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "schema/create.h"

namespace bxb::schema {
namespace {

constexpr std::string_view kSuffix = "_keys";
constexpr std::string_view kTimeColumn = "written_at";
constexpr std::size_t kLongestName = 63;
constexpr int kDeletedAtOnce = 10'000;

// 7: for each row, before, of an INSERT. https://www.postgresql.org/docs/15/catalog-pg-trigger.html
constexpr const char* kTriggersSql = R"(
  SELECT DISTINCT t.tgname FROM pg_trigger t
   WHERE (t.tgrelid = $1::regclass OR t.tgrelid IN (SELECT relid FROM pg_partition_tree($1::regclass)))
     AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 7 = 7
   ORDER BY 1)";

std::string PlainName(const Table& table) { return table.name + std::string(kSuffix); }

std::string CollationOf(const TableColumn& column) {
  return column.collation.empty() ? "the collation of its type" : "collation " + column.collation;
}

std::string ProblemWith(const Table& keys, const Table& table, const std::string& column) {
  const TableColumn* theirs = FindColumn(keys, column);
  const TableColumn* ours = FindColumn(table, column);
  if (theirs == nullptr) return fmt::format("column \"{}\" does not exist", column);
  if (ours != nullptr && theirs->type_name != ours->type_name)
    return fmt::format("column \"{}\" is {}, not {}", column, theirs->type_name, ours->type_name);
  if (ours != nullptr && theirs->collation != ours->collation)
    return fmt::format("column \"{}\" has {}, not {}", column, CollationOf(*theirs), CollationOf(*ours));
  return "";
}

std::vector<std::string> ProblemsWith(const Table& keys, const Table& table, std::span<const std::string> key_columns) {
  std::vector<std::string> problems;
  for (const std::string& column : key_columns) {
    if (std::string problem = ProblemWith(keys, table, column); !problem.empty()) problems.push_back(problem);
  }
  for (const TableColumn& column : keys.columns) {
    const bool written = std::ranges::find(key_columns, column.name) != key_columns.end();
    if (!written && column.not_null && !column.has_default)
      problems.push_back(fmt::format("column \"{}\" is NOT NULL and has no default", column.name));
  }
  if (!HasUniqueIndexOn(keys, {key_columns.begin(), key_columns.end()}))
    problems.push_back(fmt::format("there is no unique index on exactly ({})", fmt::join(key_columns, ", ")));
  if (keys.unlogged && !table.unlogged) problems.emplace_back("it is unlogged: a crash of the server empties it");
  if (keys.has_rules || keys.row_security) problems.emplace_back("it has rules or row security policies");
  return problems;
}

}  // namespace

std::string KeyTableName(const Table& table) { return NameBeside(table, PlainName(table)); }

absl::Status CheckKeyTableName(const Table& table) {
  if (PlainName(table).size() <= kLongestName) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("table {}: its name is too long for a key table of its own, \"{}\" (at most {} bytes)",
                  table.sql_name, PlainName(table), kLongestName));
}

std::string KeyTableDdl(const Table& table, std::span<const std::string> key_columns) {
  std::string columns;
  std::vector<std::string> key;
  for (const std::string& name : key_columns) {
    const TableColumn* column = FindColumn(table, name);
    key.push_back(QuoteIdentifier(name));
    columns += fmt::format("  {} {}{} NOT NULL,\n", key.back(), column->type_name,
                           column->collation.empty() ? "" : " COLLATE " + column->collation);
  }
  return fmt::format(
      "CREATE TABLE {0} (\n{1}  {2} timestamptz NOT NULL DEFAULT now(),\n  PRIMARY KEY ({3})\n);\n"
      "CREATE INDEX ON {0} USING brin ({2});\n",
      KeyTableName(table), columns, kTimeColumn, fmt::join(key, ", "));
}

absl::Status CreateKeyTable(pq::Connection& connection, const Table& table, std::span<const std::string> key_columns,
                            pq::Deadline deadline) {
  if (absl::Status named = CheckKeyTableName(table); !named.ok()) return named;
  return CreateIfMissing(connection, KeyTableName(table), KeyTableDdl(table, key_columns), deadline);
}

absl::StatusOr<std::optional<Table>> FindKeyTable(pq::Connection& connection, const Table& table,
                                                  std::span<const std::string> key_columns, pq::Deadline deadline) {
  if (!table.partitioned || !CheckKeyTableName(table).ok()) return std::nullopt;
  auto found = connection.Query("SELECT to_regclass($1) IS NOT NULL", {KeyTableName(table)}, deadline);
  if (!found.ok()) return found.status();
  if (found->front()[0] != "t") return std::nullopt;
  auto keys = InspectSqlTable(connection, KeyTableName(table), deadline);
  if (absl::IsInvalidArgument(keys.status()))
    return absl::FailedPreconditionError(fmt::format("key table {}", std::string(keys.status().message())));
  if (!keys.ok()) return keys.status();
  auto problems = ProblemsWith(*keys, table, key_columns);
  const auto triggers = connection.Query(kTriggersSql, {keys->sql_name}, deadline);
  if (!triggers.ok()) return triggers.status();
  for (const auto& row : *triggers) {
    problems.push_back(fmt::format("trigger \"{}\" may keep keys out of it", *row[0]));
  }
  if (!problems.empty())
    return absl::FailedPreconditionError(fmt::format("key table {}: {}", keys->sql_name, fmt::join(problems, "; ")));
  const auto may_write = [&](const std::string& column) {
    const TableColumn* key = FindColumn(*keys, column);
    return key->may_insert && key->may_select;
  };
  if (std::ranges::all_of(key_columns, may_write)) return *std::move(keys);
  return absl::PermissionDeniedError(
      fmt::format("key table {}: this role lacks INSERT or SELECT on it: GRANT INSERT, SELECT ON {} TO …",
                  keys->sql_name, keys->sql_name));
}

absl::Status CheckKeysOfRows(pq::Connection& connection, const Table& table, std::span<const std::string> key_columns,
                             pq::Deadline deadline) {
  const std::string keys = KeyTableName(table);
  auto exists = connection.Query("SELECT to_regclass($1) IS NOT NULL", {keys}, deadline);
  if (!exists.ok()) return exists.status();
  const std::string any_key = exists->front()[0] == "t" ? fmt::format("EXISTS (SELECT FROM {})", keys) : "false";
  auto found =
      connection.Query(fmt::format("SELECT EXISTS (SELECT FROM {}) AND NOT {}", table.sql_name, any_key), deadline);
  if (!found.ok()) return found.status();
  if (found->front()[0] != "t") return absl::OkStatus();
  std::vector<std::string> columns;
  for (const std::string& column : key_columns) columns.push_back(QuoteIdentifier(column));
  return absl::FailedPreconditionError(
      fmt::format("table {0} holds rows, and key table {1} none of their keys: they would count again. While nobody "
                  "writes, create it and run INSERT INTO {1} ({2}) SELECT DISTINCT {2} FROM {0}",
                  table.sql_name, keys, fmt::join(columns, ", ")));
}

absl::StatusOr<std::uint64_t> DeleteOldKeys(pq::Connection& connection, const Table& key_table, absl::Duration age,
                                            pq::Deadline deadline) {
  const std::string sql = fmt::format(
      "WITH old AS (DELETE FROM {0} WHERE ctid=ANY(ARRAY(SELECT ctid FROM {0} WHERE {1}<now()-make_interval(secs=>{2}) "
      "LIMIT {3} FOR UPDATE SKIP LOCKED)) RETURNING 1) SELECT count(*) FROM old",
      key_table.sql_name, kTimeColumn, absl::ToInt64Seconds(age), kDeletedAtOnce);
  std::uint64_t total = 0;
  for (std::uint64_t deleted = kDeletedAtOnce; deleted == kDeletedAtOnce; total += deleted) {
    auto answer = connection.Query(sql, deadline);
    if (!answer.ok()) return answer.status();
    const std::string& count = *answer->front()[0];
    std::from_chars(count.data(), count.data() + count.size(), deleted);
  }
  return total;
}

}  // namespace bxb::schema
