#include "write/destination.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "bxb/row.h"
#include "schema/binding.h"
#include "schema/events_table.h"
#include "schema/key_table.h"
#include "schema/ledger.h"
#include "schema/recent_rows.h"
#include "wire/status_text.h"
#include "write/warm_up.h"

namespace bxb::write {
namespace {

absl::StatusOr<schema::Table> FindTable(pq::Connection& connection, const WriterOptions& options,
                                        const internal::RowShape& shape, pq::Deadline deadline) {
  const std::string name = options.table.empty() ? std::string(shape.table) : options.table;
  if (options.create_table && shape.is_event) {
    if (absl::Status created = schema::CreateEventsTable(connection, name, deadline); !created.ok()) return created;
  }
  return schema::InspectTable(connection, name, deadline);
}

absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const WriterOptions& options,
                                                      const schema::Table& table, pq::Deadline deadline) {
  if (options.create_table) {
    if (absl::Status created = schema::CreateLedger(connection, table, deadline); !created.ok()) return created;
  }
  auto ledger = schema::FindLedger(connection, table, deadline);
  if (ledger.ok() && !ledger->has_value() && options.log) {
    options.log(LogLevel::kWarning,
                fmt::format("table {} has neither a dedup key nor a ledger ({}) that this role may write to: a batch "
                            "whose connection breaks during its commit will be unknown",
                            table.sql_name, schema::kLedgerName));
  }
  return ledger;
}

absl::StatusOr<std::optional<schema::Table>> FindKeyTable(pq::Connection& connection, const WriterOptions& options,
                                                          const internal::RowShape& shape, const schema::Table& table,
                                                          pq::Deadline deadline) {
  const auto key = schema::KeyColumnsOf(shape);
  if (key.empty() || options.dedup.value_or(DedupScope::kGlobal) != DedupScope::kGlobal) return std::nullopt;
  auto found = schema::FindKeyTable(connection, table, key, deadline);
  const bool can_do_without = schema::HasUniqueIndexOn(table, schema::KeyAndTimeColumnsOf(shape));
  if (!absl::IsFailedPrecondition(found.status()) || !can_do_without) return found;
  return absl::FailedPreconditionError(
      fmt::format("{} (WriterOptions::dedup = kPerTimestamp does without it)", wire::Text(found.status())));
}

absl::StatusOr<DedupScope> CheckReadable(const schema::Table& table, const std::vector<std::string>& columns,
                                         DedupScope scope) {
  for (const schema::TableColumn& column : table.columns) {
    if (scope == DedupScope::kNone || column.may_select || std::ranges::find(columns, column.name) == columns.end())
      continue;
    return absl::PermissionDeniedError(
        fmt::format("table {}: telling duplicates {} needs the SELECT privilege on column \"{}\"", table.sql_name,
                    Name(scope), column.name));
  }
  return scope;
}

absl::StatusOr<DedupScope> ScopeOf(const WriterOptions& options, const internal::RowShape& shape,
                                   const schema::Table& table, DedupScope offered) {
  const DedupScope wanted = options.dedup.value_or(offered);
  const auto columns = wanted == DedupScope::kGlobal ? schema::KeyColumnsOf(shape) : schema::KeyAndTimeColumnsOf(shape);
  const bool there = wanted == offered || wanted == DedupScope::kNone || schema::HasUniqueIndexOn(table, columns);
  if (there) return CheckReadable(table, columns, wanted);
  const std::string key_table = wanted == DedupScope::kGlobal && table.partitioned
                                    ? fmt::format(", and no key table {}", schema::KeyTableName(table))
                                    : "";
  return absl::FailedPreconditionError(
      fmt::format("WriterOptions::dedup is {}, and table {} offers {} only: there is no unique index on exactly ({}){}",
                  Name(wanted), table.sql_name, Name(offered), fmt::join(columns, ", "), key_table));
}

void TellScope(const WriterOptions& options, const schema::Table& table, DedupScope scope) {
  if (options.dedup || scope != DedupScope::kPerTimestamp || !options.log) return;
  options.log(LogLevel::kInfo, fmt::format("table {} tells duplicates per timestamp: an event that is written again "
                                           "with another time counts again",
                                           table.sql_name));
}

absl::StatusOr<std::optional<schema::TimePartitioning>> PartitioningOf(pq::Connection& connection,
                                                                       const internal::RowShape& shape,
                                                                       const schema::Table& table,
                                                                       pq::Deadline deadline) {
  const auto time = schema::TimeColumnOf(shape);
  if (!table.partitioned || !time) return std::nullopt;
  return schema::FindTimePartitioning(connection, table, *time, deadline);
}

void TellWithoutPartitions(const WriterOptions& options, const schema::Table& table) {
  const PartitionOptions& wanted = options.partitions;
  if (!options.log || (!wanted.keep && !wanted.keep_keys && !wanted.archive)) return;
  options.log(
      LogLevel::kWarning,
      fmt::format("partitions.keep, keep_keys and archive have no effect: table {} is not partitioned by ranges of "
                  "the row's time (ApplyLayout makes tables that are)",
                  table.sql_name));
}

std::size_t KeyColumns(const internal::RowShape& shape, DedupScope scope) {
  if (scope == DedupScope::kNone) return 0;
  return scope == DedupScope::kGlobal ? schema::KeyColumnsOf(shape).size() : schema::KeyAndTimeColumnsOf(shape).size();
}

std::string IndexedKeyAndTime(const internal::RowShape& shape, const schema::Table& table) {
  std::vector<std::string> columns = schema::KeyAndTimeColumnsOf(shape);
  if (!schema::HasUniqueIndexOn(table, columns)) return "";
  for (std::string& column : columns) column = schema::QuoteIdentifier(column);
  return fmt::format("{}", fmt::join(columns, ","));
}

// The same row type with nothing to deduplicate by.
std::vector<internal::ColumnShape> WithoutKey(const internal::RowShape& shape) {
  std::vector<internal::ColumnShape> columns(shape.columns.begin(), shape.columns.end());
  for (internal::ColumnShape& column : columns) column.roles &= ~kKey;
  return columns;
}

}  // namespace

absl::StatusOr<Destination> FindDestination(pq::Connection& connection, const WriterOptions& options,
                                            const internal::RowShape& described, pq::Deadline deadline) {
  const auto keyless = WithoutKey(described);
  internal::RowShape shape = described;
  if (options.dedup == DedupScope::kNone) shape.columns = keyless;
  auto table = FindTable(connection, options, shape, deadline);
  if (!table.ok()) return table.status();
  auto key_table = FindKeyTable(connection, options, shape, *table, deadline);
  if (!key_table.ok()) return key_table.status();
  auto binding = schema::Bind(shape, *table, key_table->has_value() ? &**key_table : nullptr);
  if (!binding.ok()) return binding.status();
  auto scope = ScopeOf(options, shape, *table, binding->scope.value_or(DedupScope::kNone));
  if (!scope.ok()) return scope.status();
  TellScope(options, *table, *scope);
  auto partitioned_by = PartitioningOf(connection, shape, *table, deadline);
  if (!partitioned_by.ok()) return partitioned_by.status();
  if (!partitioned_by->has_value()) TellWithoutPartitions(options, *table);
  absl::StatusOr<std::optional<std::string>> ledger;
  if (*scope == DedupScope::kNone) ledger = FindLedger(connection, options, *table, deadline);
  if (*scope != DedupScope::kNone) ledger = std::nullopt;
  if (!ledger.ok()) return ledger.status();
  const bool by_keys = *scope == DedupScope::kGlobal && binding->key_table;
  CommitPlan plan =
      MakeCommitPlan({.table = *table,
                      .binding = *binding,
                      .key_columns = KeyColumns(shape, *scope),
                      .key_table = by_keys ? &*binding->key_table : nullptr,
                      .key_and_time = by_keys ? IndexedKeyAndTime(shape, *table) : "",
                      .time_column = *partitioned_by ? schema::QuoteIdentifier((*partitioned_by)->column) : "",
                      .level = options.synchronous_commit,
                      .ledger = *ledger});
  return Destination{.table = *std::move(table),
                     .types = std::move(binding->types),
                     .columns = std::move(binding->plain_names),
                     .scope = *scope,
                     .partitioned_by = *std::move(partitioned_by),
                     .plan = std::move(plan)};
}

void WarmUpFrom(pq::Connection& connection, const WriterOptions& options, const internal::RowShape& shape,
                const Destination& destination, Claims& claims) {
  if (options.warm_up_keys == 0 || claims.bytes() == 0) return;
  const pq::Deadline deadline = pq::After(options.connect_timeout);
  const auto time = schema::TimeColumnOf(shape);
  const auto rows = schema::RecentRowsSql(connection, destination.table, time ? schema::QuoteIdentifier(*time) : "",
                                          options.warm_up_keys, deadline);
  const absl::Status warmed = rows.ok() ? WarmUp(connection, destination.plan, *rows, claims, deadline) : rows.status();
  if (!options.log) return;
  if (warmed.ok()) {
    options.log(LogLevel::kInfo, fmt::format("warmed up with {} keys", claims.keys()));
  } else {
    options.log(LogLevel::kWarning, fmt::format("not warmed up: {}", wire::Text(warmed)));
  }
}

}  // namespace bxb::write
