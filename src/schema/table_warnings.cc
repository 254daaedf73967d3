#include "schema/table_warnings.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/advice.h"
#include "schema/key_table.h"
#include "schema/ledger.h"
#include "schema/partition_create.h"

namespace bxb::schema {
namespace {

// 7: for each row, before, of an INSERT. https://www.postgresql.org/docs/15/catalog-pg-trigger.html
constexpr const char* kCatalogSql = R"(
  SELECT 'trigger', t.tgname FROM pg_trigger t
   WHERE t.tgrelid = $1::regclass AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 7 = 7
  UNION ALL
  SELECT 'identity', a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE c.oid = $1::regclass AND c.relkind = 'p' AND a.attidentity <> '' AND NOT a.attisdropped
     AND current_setting('server_version_num')::int < 170000
  ORDER BY 1, 2)";

using Warnings = std::vector<std::string>;

bool Rounds(PgType type) {
  const PgType element = ElementOf(type);
  const PgType scalar = element == PgType::kUnsupported ? type : element;
  return scalar == PgType::kNumeric || scalar == PgType::kTimestamp || scalar == PgType::kTimestamptz;
}

void WarnOfColumns(const internal::RowShape& shape, const Table& table, Warnings& warnings) {
  for (const TableColumn& column : table.columns) {
    const auto described = std::ranges::find(shape.columns, column.name, &internal::ColumnShape::name);
    const bool written = described != shape.columns.end() && described->accepts(column.type);
    if (written && column.has_modifier && Rounds(column.type)) {
      warnings.push_back(
          fmt::format("column \"{}\" is {}: the server rounds what is finer", column.name, column.type_name));
    }
  }
}

void WarnOfIndexes(const std::vector<TableIndex>& indexes, Warnings& warnings) {
  for (const TableIndex& index : indexes) {
    const std::string why = WhyNotForDedup(index);
    if (!index.unique || why.empty()) continue;
    warnings.push_back(
        fmt::format("unique index \"{}\" is {}: no use for dedup, and what violates it is rejected", index.name, why));
  }
}

void WarnOfPartitions(const TableReport& report, Warnings& warnings) {
  if (report.default_partition) {
    warnings.emplace_back(
        "there is a DEFAULT partition: no partition can be created for a time that it holds rows of, each new one "
        "scans it, and none can be detached concurrently");
  }
  if (report.direct_partitions < report.partitions) {
    warnings.push_back(
        fmt::format("{} of {} partitions cannot be copied into directly: their rows go through the "
                    "table itself, which is slower",
                    report.partitions - report.direct_partitions, report.partitions));
  }
  if (!report.partitioned_by.empty() && report.partitions == 0) {
    warnings.emplace_back("there is no partition to take the interval from: create the first one by hand");
  }
  if (report.partitions > kMostPartitions) {
    warnings.push_back(fmt::format("there are {} partitions: above {} planning a query takes long", report.partitions,
                                   kMostPartitions));
  }
}

absl::Status WarnOfCatalog(pq::Connection& connection, const Table& table, Warnings& warnings, pq::Deadline deadline) {
  const auto found = connection.Query(kCatalogSql, {table.sql_name}, deadline);
  if (!found.ok()) return found.status();
  for (const auto& row : *found) {
    warnings.push_back(
        row[0] == "trigger"
            ? fmt::format("trigger \"{}\" runs before each row is inserted: it may change rows, or drop them unseen",
                          *row[1])
            : fmt::format("column \"{}\" is an identity, which partitions lack before PostgreSQL 17: rows go through "
                          "the table itself, which is slower; a sequence default does not have that",
                          *row[1]));
  }
  return absl::OkStatus();
}

// A role that may not read all of the tables is not told.
absl::Status WarnOfKeyTable(pq::Connection& connection, const internal::RowShape& shape, const Table& table,
                            const TableReport& report, Warnings& warnings, pq::Deadline deadline) {
  if (!report.key_table) return absl::OkStatus();
  if (HasUniqueIndexOn(table, KeyAndTimeColumnsOf(shape))) {
    warnings.emplace_back(
        "there is a unique index on the key and the time beside the key table: no use for dedup, and what violates it "
        "is rejected");
  }
  const absl::Status known = CheckKeysOfRows(connection, table, KeyColumnsOf(shape), deadline);
  if (absl::IsFailedPrecondition(known)) warnings.emplace_back(known.message());
  return absl::IsFailedPrecondition(known) || absl::IsPermissionDenied(known) ? absl::OkStatus() : known;
}

absl::Status WarnOfUpkeep(pq::Connection& connection, const Table& table, Warnings& warnings, pq::Deadline deadline) {
  if (!table.partitioned) return absl::OkStatus();
  const auto why_not = WhyNoPartitions(connection, table, deadline);
  if (!why_not.ok()) return why_not.status();
  if (!why_not->empty()) warnings.push_back("partitions will not be created: " + *why_not);
  return absl::OkStatus();
}

absl::Status WarnOfLedger(pq::Connection& connection, const internal::RowShape& shape, const Table& table,
                          Warnings& warnings, pq::Deadline deadline) {
  if (!KeyColumnsOf(shape).empty()) return absl::OkStatus();
  const auto ledger = FindLedger(connection, table, deadline);
  if (!ledger.ok()) return ledger.status();
  if (!ledger->has_value()) {
    warnings.push_back(
        fmt::format("the row has no dedup key, and there is no ledger ({}) that this role may write "
                    "to: a batch whose connection breaks during its commit will be unknown",
                    kLedgerName));
  }
  return absl::OkStatus();
}

}  // namespace

std::string WhyNotForDedup(const TableIndex& index) {
  if (!index.valid) return "not valid";
  if (index.partial) return "partial";
  if (!index.immediate) return "deferrable";
  return IsWhole(index) ? "" : "on an expression";
}

absl::StatusOr<std::vector<std::string>> TableWarnings(pq::Connection& connection, const internal::RowShape& shape,
                                                       const Table& table, const std::vector<TableIndex>& indexes,
                                                       const TableReport& report, pq::Deadline deadline) {
  Warnings warnings;
  if (table.unlogged) warnings.emplace_back("it is unlogged: a crash of the server empties it");
  WarnOfColumns(shape, table, warnings);
  WarnOfIndexes(indexes, warnings);
  absl::Status status = WarnOfCatalog(connection, table, warnings, deadline);
  WarnOfPartitions(report, warnings);
  if (status.ok()) status = WarnOfKeyTable(connection, shape, table, report, warnings, deadline);
  if (status.ok()) status = WarnOfUpkeep(connection, table, warnings, deadline);
  if (status.ok()) status = WarnOfLedger(connection, shape, table, warnings, deadline);
  if (!status.ok()) return status;
  return warnings;
}

}  // namespace bxb::schema
