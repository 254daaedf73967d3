#include "schema/indexes.h"

#include <algorithm>

namespace bxb::schema {
namespace {

constexpr const char* kIndexesSql = R"(
  SELECT i.relname, pg_get_indexdef(x.indexrelid), m.amname, x.indisunique, x.indimmediate, x.indisvalid,
         x.indpred IS NOT NULL, coalesce(a.attname, '')
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
         CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
         LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
   WHERE x.indrelid = $1::regclass AND k.position <= x.indnkeyatts ORDER BY i.relname, k.position)";

TableIndex IndexOfRow(const std::vector<std::optional<std::string>>& row) {
  return {.name = *row[0],
          .definition = *row[1],
          .method = *row[2],
          .columns = {},
          .unique = row[3] == "t",
          .immediate = row[4] == "t",
          .valid = row[5] == "t",
          .partial = row[6] == "t"};
}

}  // namespace

bool IsWhole(const TableIndex& index) {
  return index.valid && !index.partial && std::ranges::find(index.columns, "") == index.columns.end();
}

absl::StatusOr<std::vector<TableIndex>> ReadIndexes(pq::Connection& connection, const Table& table,
                                                    pq::Deadline deadline) {
  auto rows = connection.Query(kIndexesSql, {table.sql_name}, deadline);
  if (!rows.ok()) return rows.status();
  std::vector<TableIndex> indexes;
  for (const auto& row : *rows) {
    if (indexes.empty() || indexes.back().name != *row[0]) indexes.push_back(IndexOfRow(row));
    indexes.back().columns.push_back(*row[7]);
  }
  return indexes;
}

}  // namespace bxb::schema
