#include "schema/recent_rows.h"

#include <fmt/format.h>

namespace bxb::schema {
namespace {

// Without statistics: about what an event and its header take. The last 64 blocks may hold nothing: by
// so many COPY extends a table from PostgreSQL 16 on.
constexpr const char* kFirstBlockSql = R"(
  SELECT greatest(0, pg_relation_size(c.oid) / current_setting('block_size')::bigint - 64 - ceil($1::bigint /
                     CASE WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples / c.relpages ELSE 30 END))::bigint
    FROM pg_class c WHERE c.oid = $2::regclass)";

}  // namespace

absl::StatusOr<std::string> RecentRowsSql(pq::Connection& connection, const Table& table,
                                          const std::string& time_column, std::size_t rows, pq::Deadline deadline) {
  if (!table.partitioned) {
    auto first = connection.Query(kFirstBlockSql, {std::to_string(rows), table.sql_name}, deadline);
    if (!first.ok()) return first.status();
    return fmt::format("WHERE ctid >= '({},0)' ORDER BY ctid DESC LIMIT {}", first->front()[0].value_or("0"), rows);
  }
  if (time_column.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("table {} is partitioned, and the row has no time column to order it by", table.sql_name));
  }
  return fmt::format("ORDER BY {} DESC LIMIT {}", time_column, rows);
}

}  // namespace bxb::schema
