#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "bxb/row.h"
#include "bxb/schema.h"
#include "pq/connection.h"
#include "schema/binding.h"
#include "schema/indexes.h"
#include "schema/key_table.h"
#include "schema/partition_map.h"
#include "schema/table.h"
#include "schema/table_warnings.h"

namespace bxb::schema {
namespace {

using internal::ColumnShape;
using internal::RowShape;

constexpr const char* kPartitionsSql = R"(
  SELECT (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = p.partrelid AND i.inhrelid <> p.partdefid
             AND NOT i.inhdetachpending), p.partdefid <> 0
    FROM pg_partitioned_table p WHERE p.partrelid = $1::regclass)";

std::string UseOf(const ColumnShape& described, const Binding& binding) {
  const bool is_time = (described.roles & kTime) != 0;
  const bool is_key = (described.roles & kKey) != 0 || (is_time && binding.scope == DedupScope::kPerTimestamp);
  return fmt::format("written from {}{}{}", described.cpp_type, is_key ? ", dedup key" : "", is_time ? ", time" : "");
}

std::string UseOf(const TableColumn& column) {
  if (column.generated) return "generated";
  return column.has_default ? "gets its default" : "gets NULL";
}

std::string ProblemOf(const std::string& column, const std::vector<Misfit>& misfits) {
  std::vector<std::string> problems;
  for (const Misfit& misfit : misfits) {
    if (misfit.column == column) problems.push_back(misfit.problem);
  }
  return fmt::format("{}", fmt::join(problems, "; "));
}

std::vector<TableReport::Column> ColumnsOf(const RowShape& shape, const Table& table, const Fit& fit) {
  std::vector<TableReport::Column> columns;
  for (const TableColumn& column : table.columns) {
    const auto described = std::ranges::find(shape.columns, column.name, &ColumnShape::name);
    columns.push_back({.name = column.name,
                       .type = column.type_name,
                       .use = described == shape.columns.end() ? UseOf(column) : UseOf(*described, fit.binding),
                       .problem = ProblemOf(column.name, fit.misfits)});
  }
  for (const ColumnShape& described : shape.columns) {
    const std::string name(described.name);
    if (FindColumn(table, name) == nullptr) {
      columns.push_back(
          {.name = name, .type = "", .use = UseOf(described, fit.binding), .problem = ProblemOf(name, fit.misfits)});
    }
  }
  return columns;
}

bool SameColumns(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

std::string UseOf(const TableIndex& index, const RowShape& shape) {
  if (!index.unique) return "for queries";
  if (const std::string why = WhyNotForDedup(index); !why.empty()) return "none: " + why;
  const std::vector<std::string> key = KeyColumnsOf(shape);
  if (!key.empty() && SameColumns(index.columns, key)) return "dedup, global";
  if (!key.empty() && SameColumns(index.columns, KeyAndTimeColumnsOf(shape))) return "dedup, per timestamp";
  return "another unique index: what violates it is rejected";
}

absl::Status ReportPartitions(pq::Connection& connection, const RowShape& shape, const Table& table,
                              const Binding& binding, TableReport& report, pq::Deadline deadline) {
  if (!table.partitioned) return absl::OkStatus();
  const auto counts = connection.Query(kPartitionsSql, {table.sql_name}, deadline);
  if (!counts.ok()) return counts.status();
  report.partitions = std::stoul(*counts->front()[0]);
  report.default_partition = counts->front()[1] == "t";

  const std::optional<std::string> time = TimeColumnOf(shape);
  if (!time.has_value()) return absl::OkStatus();
  const auto by = FindTimePartitioning(connection, table, *time, deadline);
  if (!by.ok() || !by->has_value()) return by.status();
  std::vector<std::string> written = binding.plain_names;
  std::erase_if(written, [&](const std::string& name) { return FindColumn(table, name) == nullptr; });
  const auto map = ReadPartitionMap(connection, table, written, deadline);
  if (!map.ok()) return map.status();
  report.interval = map->interval();
  report.partitions = map->partitions().size();
  report.direct_partitions = std::ranges::count_if(map->partitions(), &Partition::direct);
  if (map->any_unlogged()) report.warnings.emplace_back("a partition is unlogged: a crash of the server empties it");
  return absl::OkStatus();
}

/// A key table that cannot be used is a problem: without it, duplicates would be told by less.
absl::StatusOr<std::optional<Table>> UsableKeyTable(pq::Connection& connection, const RowShape& shape,
                                                    const Table& table, TableReport& report, pq::Deadline deadline) {
  const std::vector<std::string> key = KeyColumnsOf(shape);
  if (key.empty()) return std::nullopt;
  auto found = FindKeyTable(connection, table, key, deadline);
  if (!absl::IsFailedPrecondition(found.status()) && !absl::IsPermissionDenied(found.status())) return found;
  report.problems.emplace_back(found.status().message());
  return std::nullopt;
}

absl::StatusOr<TableReport> Report(pq::Connection& connection, const RowShape& shape, const std::string& name,
                                   pq::Deadline deadline) {
  const auto table = InspectTable(connection, name, deadline);
  if (!table.ok()) return table.status();
  const auto indexes = ReadIndexes(connection, *table, deadline);
  if (!indexes.ok()) return indexes.status();
  TableReport report;
  const auto key_table = UsableKeyTable(connection, shape, *table, report, deadline);
  if (!key_table.ok()) return key_table.status();
  const Fit fit = FitTo(shape, *table, key_table->has_value() ? &**key_table : nullptr);

  report.table = table->sql_name;
  report.columns = ColumnsOf(shape, *table, fit);
  for (const TableIndex& index : *indexes) {
    report.indexes.push_back({.name = index.name, .definition = index.definition, .use = UseOf(index, shape)});
  }
  report.dedup = fit.binding.scope;
  if (report.dedup == DedupScope::kNone) report.dedup.reset();
  report.key_table = fit.binding.key_table.has_value();
  report.partitioned_by = table->partition_key;
  const std::vector<std::string> misfits = Sentences(fit.misfits);
  report.problems.insert(report.problems.end(), misfits.begin(), misfits.end());
  if (auto read = ReportPartitions(connection, shape, *table, fit.binding, report, deadline); !read.ok()) return read;
  auto warnings = TableWarnings(connection, shape, *table, *indexes, report, deadline);
  if (!warnings.ok()) return warnings.status();
  report.warnings.insert(report.warnings.end(), warnings->begin(), warnings->end());
  return report;
}

}  // namespace
}  // namespace bxb::schema

namespace bxb::internal {

absl::StatusOr<TableReport> InspectFor(const RowShape& shape, const std::string& dsn, const std::string& table,
                                       absl::Duration timeout) {
  const pq::Deadline deadline = pq::After(timeout);
  auto connection = pq::Connection::Open(dsn, "bxb", deadline);
  if (!connection.ok()) return connection.status();
  return schema::Report(*connection, shape, table.empty() ? std::string(shape.table) : table, deadline);
}

}  // namespace bxb::internal
