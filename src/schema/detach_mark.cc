#include "schema/detach_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "absl/time/time.h"

namespace bxb::schema {
namespace {

constexpr std::string_view kMark = "bxb: detached from ";

constexpr const char* kMarkedSql = R"(
  SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), d.description
    FROM pg_description d JOIN pg_class c ON c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = 0 AND starts_with(d.description, {0})
     AND NOT c.relispartition AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass({1}))
   ORDER BY c.oid)";

constexpr const char* kMarkedPartitionsSql = R"(
  SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE i.inhparent = to_regclass({0}) AND NOT i.inhdetachpending
     AND starts_with(obj_description(c.oid, 'pg_class'), {1}))";

std::string MarkPrefix(const Table& table) { return fmt::format("{}{}, ", kMark, table.sql_name); }

std::string MarkTime(absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); }

bool ParseMarkTime(const std::string& text, absl::Time& time) {
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, text, &time, &error);
}

}  // namespace

std::string DetachMark(const Table& table, const MarkedTable& marked) {
  return fmt::format("{}{} (oid {}), [{}, {})", MarkPrefix(table), marked.sql_name, marked.oid,
                     MarkTime(marked.range.from), MarkTime(marked.range.to));
}

std::optional<TimeRange> RangeOfMark(const std::string& mark) {
  const auto begin = mark.rfind('['), comma = mark.rfind(", "), end = mark.rfind(')');
  if (begin == std::string::npos || comma == std::string::npos || end == std::string::npos) return std::nullopt;
  if (comma < begin || end < comma) return std::nullopt;
  TimeRange range;
  const bool parsed = ParseMarkTime(mark.substr(begin + 1, comma - begin - 1), range.from) &&
                      ParseMarkTime(mark.substr(comma + 2, end - comma - 2), range.to);
  return parsed ? std::optional(range) : std::nullopt;
}

absl::StatusOr<std::vector<MarkedTable>> FindMarked(pq::Connection& connection, const Table& table,
                                                    pq::Deadline deadline) {
  const auto rows = connection.Query(
      fmt::format(kMarkedSql, QuoteLiteral(MarkPrefix(table)), QuoteLiteral(table.sql_name)), deadline);
  if (!rows.ok()) return rows.status();
  std::vector<MarkedTable> found;
  for (const auto& row : *rows) {
    const auto range = RangeOfMark(*row[2]);
    if (range) found.push_back({.oid = *row[0], .sql_name = *row[1], .mark = *row[2], .range = *range});
  }
  std::ranges::sort(found, {}, [](const MarkedTable& marked) { return marked.range.from; });
  return found;
}

absl::StatusOr<std::vector<MarkedPartition>> FindMarkedPartitions(pq::Connection& connection, const Table& table,
                                                                  pq::Deadline deadline) {
  const auto rows = connection.Query(
      fmt::format(kMarkedPartitionsSql, QuoteLiteral(table.sql_name), QuoteLiteral(MarkPrefix(table))), deadline);
  if (!rows.ok()) return rows.status();
  std::vector<MarkedPartition> found;
  for (const auto& row : *rows) found.push_back({.oid = *row[0], .sql_name = *row[1]});
  return found;
}

}  // namespace bxb::schema
