#include "schema/layout_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "schema/layout.h"

namespace bxb::schema {
namespace {

// An empty list of referenced columns stands for the primary key, and any other key will do as well.
constexpr const char* kHasForeignKeySql = R"(
  WITH x AS (SELECT c.conrelid, c.confrelid, k.* FROM pg_constraint c
               CROSS JOIN LATERAL (SELECT c.oid AS id, u.* FROM unnest(c.conkey, c.confkey) WITH ORDINALITY
                                     AS u (ours, theirs, position)) k
              WHERE c.contype = 'f' AND c.conrelid = $1::regclass AND c.confrelid = to_regclass($2))
  SELECT EXISTS (
    SELECT FROM x JOIN pg_attribute a ON a.attrelid = x.conrelid AND a.attnum = x.ours
                  JOIN pg_attribute b ON b.attrelid = x.confrelid AND b.attnum = x.theirs
     GROUP BY x.id HAVING array_agg(a.attname ORDER BY x.position) = $3::name[]
                      AND ($4 = '{}' OR array_agg(b.attname ORDER BY x.position) = $4::name[])))";

std::string ArrayLiteral(const std::vector<std::string>& values) {
  std::string literal = "{";
  for (const std::string& value : values) {
    literal += literal.size() > 1 ? ",\"" : "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + "}";
}

std::string PartitionKeyOf(const Layout& layout) {
  return layout.partition_by.has_value() ? fmt::format("RANGE ({})", QuoteIdentifier(kEventTime)) : "";
}

void CompareColumns(const Layout& layout, const Table& table, std::vector<std::string>& differences) {
  const Table wanted = TableOf(layout);
  for (const TableColumn& column : wanted.columns) {
    const TableColumn* existing = FindColumn(table, column.name);
    if (existing == nullptr) {
      differences.push_back(fmt::format("column \"{}\" does not exist", column.name));
      continue;
    }
    if (existing->type_name != column.type_name) {
      differences.push_back(
          fmt::format("column \"{}\" is {}, not {}", column.name, existing->type_name, column.type_name));
    }
    if (existing->not_null != column.not_null) {
      differences.push_back(fmt::format("column \"{}\" is {}", column.name,
                                        column.not_null ? "nullable, not NOT NULL" : "NOT NULL, not nullable"));
    }
  }
  for (const TableColumn& column : table.columns) {
    if (FindColumn(wanted, column.name) == nullptr && column.not_null && !column.has_default) {
      differences.push_back(
          fmt::format("column \"{}\" is NOT NULL, has no default and is not in the layout", column.name));
    }
  }
}

void ComparePartitions(const Layout& layout, const ExistingTable& existing, std::vector<std::string>& differences) {
  const std::string wanted = PartitionKeyOf(layout);
  const std::string& key = existing.table.partition_key;
  const auto spelled = [](const std::string& by) { return by.empty() ? "not partitioned" : "partitioned by " + by; };
  if (key != wanted) {
    differences.push_back(fmt::format("it is {}, the layout is {}", spelled(key), spelled(wanted)));
    return;
  }
  if (!existing.partitions.has_value() || existing.partitions->partitions().empty()) return;
  const std::optional<PartitionInterval> interval = existing.partitions->interval();
  if (interval == layout.partition_by) return;
  differences.push_back(
      fmt::format("its latest partition holds {}, not one {} cut in UTC",
                  interval.has_value() ? fmt::format("one {}", Name(*interval)) : "a range of its own",
                  Name(*layout.partition_by)));
}

bool HasIndex(const ExistingTable& existing, const LayoutIndex& wanted) {
  return std::ranges::any_of(existing.indexes, [&](const TableIndex& index) {
    return IsWhole(index) && index.method == (wanted.brin ? "brin" : "btree") && index.columns == wanted.columns;
  });
}

void CompareUniqueIndexes(const Layout& layout, const Table& table, std::vector<std::string>& differences) {
  for (const std::vector<std::string>& wanted : {PrimaryKeyOf(layout), DedupIndexOf(layout)}) {
    if (!wanted.empty() && !HasUniqueIndexOn(table, wanted)) {
      differences.push_back(fmt::format("there is no unique index on exactly ({})", fmt::join(wanted, ", ")));
    }
  }
  std::vector<std::string> key = EventKey();
  std::vector<std::string> with_time = key;
  with_time.emplace_back(kEventTime);
  if (layout.dedup == DedupScope::kGlobal) return;
  if (HasUniqueIndexOn(table, key)) {
    differences.push_back(fmt::format("there is a unique index on ({}), the layout's dedup is {}", fmt::join(key, ", "),
                                      Name(layout.dedup)));
  }
  if (layout.dedup == DedupScope::kNone && HasUniqueIndexOn(table, with_time)) {
    differences.push_back(fmt::format("there is a unique index on ({}), the layout's dedup is {}",
                                      fmt::join(with_time, ", "), Name(layout.dedup)));
  }
}

void CompareIndexes(const Layout& layout, const ExistingTable& existing, std::vector<std::string>& differences) {
  CompareUniqueIndexes(layout, existing.table, differences);
  for (const LayoutIndex& index : IndexesOf(layout)) {
    if (!HasIndex(existing, index)) {
      differences.push_back(
          fmt::format("there is no {} index on ({})", index.brin ? "BRIN" : "B-tree", fmt::join(index.columns, ", ")));
    }
  }
}

absl::StatusOr<std::vector<ForeignKey>> MissingForeignKeys(pq::Connection& connection, const Layout& layout,
                                                           const Table& table, pq::Deadline deadline) {
  std::vector<ForeignKey> missing;
  for (const ForeignKey& key : layout.foreign_keys) {
    auto found = connection.Query(
        kHasForeignKeySql,
        {table.sql_name, QuoteTableName(key.table), ArrayLiteral(key.columns), ArrayLiteral(key.referenced)}, deadline);
    if (!found.ok()) return found.status();
    if (found->front()[0] != "t") missing.push_back(key);
  }
  return missing;
}

absl::Status ReadPartitions(pq::Connection& connection, ExistingTable& existing, pq::Deadline deadline) {
  auto by = FindTimePartitioning(connection, existing.table, std::string(kEventTime), deadline);
  if (!by.ok() || !by->has_value()) return by.status();
  auto map = ReadPartitionMap(connection, existing.table, {}, deadline);
  if (!map.ok()) return map.status();
  existing.partitions = *std::move(map);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExistingTable> ReadExistingTable(pq::Connection& connection, const Layout& layout,
                                                pq::Deadline deadline) {
  auto table = InspectTable(connection, layout.table, deadline);
  if (!table.ok()) return table.status();
  ExistingTable existing;
  existing.table = *std::move(table);
  auto indexes = ReadIndexes(connection, existing.table, deadline);
  if (!indexes.ok()) return indexes.status();
  existing.indexes = *std::move(indexes);
  auto missing = MissingForeignKeys(connection, layout, existing.table, deadline);
  if (!missing.ok()) return missing.status();
  existing.missing_foreign_keys = *std::move(missing);
  if (absl::Status read = ReadPartitions(connection, existing, deadline); !read.ok()) return read;
  return existing;
}

std::vector<std::string> DifferencesFrom(const Layout& layout, const ExistingTable& existing) {
  std::vector<std::string> differences;
  CompareColumns(layout, existing.table, differences);
  ComparePartitions(layout, existing, differences);
  CompareIndexes(layout, existing, differences);
  for (const ForeignKey& key : existing.missing_foreign_keys) {
    differences.push_back(
        fmt::format("there is no foreign key ({}) to \"{}\"", fmt::join(key.columns, ", "), key.table));
  }
  return differences;
}

}  // namespace bxb::schema
