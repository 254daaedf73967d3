#include <fmt/format.h>

#include <algorithm>

#include "bxb/schema.h"

namespace bxb {
namespace {

std::size_t WidthOf(const auto& rows, auto field) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, (row.*field).size());
  return width;
}

void PrintColumns(std::ostream& out, const std::vector<TableReport::Column>& columns) {
  const std::size_t name = WidthOf(columns, &TableReport::Column::name);
  const std::size_t type = WidthOf(columns, &TableReport::Column::type);
  out << "columns\n";
  for (const TableReport::Column& column : columns) {
    const std::string& problem = column.problem;
    out << fmt::format("  {:<{}}  {:<{}}  {}\n", column.name, name, column.type, type,
                       problem.empty() ? column.use : "PROBLEM: " + problem);
  }
}

/// "btree (a, b)", behind the name and the table that people know.
std::string ShortDefinition(const TableReport::Index& index) {
  constexpr std::string_view kUsing = " USING ";
  const auto method = index.definition.find(kUsing);
  return method == std::string::npos ? index.definition : index.definition.substr(method + kUsing.size());
}

void PrintIndexes(std::ostream& out, const std::vector<TableReport::Index>& indexes) {
  const std::size_t name = WidthOf(indexes, &TableReport::Index::name);
  std::size_t definition = 0;
  for (const TableReport::Index& index : indexes) definition = std::max(definition, ShortDefinition(index).size());
  out << (indexes.empty() ? "no indexes\n" : "indexes\n");
  for (const TableReport::Index& index : indexes) {
    out << fmt::format("  {:<{}}  {:<{}}  {}\n", index.name, name, ShortDefinition(index), definition, index.use);
  }
}

std::string DedupOf(const TableReport& report) {
  if (!report.dedup.has_value()) return "none";
  return std::string(Name(*report.dedup)) + (report.key_table ? ", by the key table" : ", by a unique index");
}

std::string PartitionsOf(const TableReport& report) {
  if (report.partitioned_by.empty()) return "none";
  return fmt::format("{} by {}{}{}, {} of them written to directly", report.partitions, report.partitioned_by,
                     report.interval.has_value() ? fmt::format(", one {} each", Name(*report.interval)) : "",
                     report.default_partition ? ", and a DEFAULT one" : "", report.direct_partitions);
}

void PrintList(std::ostream& out, const char* title, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out << title << "\n";
  for (const std::string& item : items) out << "  - " << item << "\n";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const TableReport& report) {
  out << fmt::format("table {}: {}\n", report.table,
                     report.usable() ? "can be written to" : "CANNOT be written to, see the problems");
  PrintColumns(out, report.columns);
  PrintIndexes(out, report.indexes);
  out << "dedup       " << DedupOf(report) << "\n";
  out << "partitions  " << PartitionsOf(report) << "\n";
  PrintList(out, "problems", report.problems);
  PrintList(out, "warnings", report.warnings);
  return out;
}

}  // namespace bxb
