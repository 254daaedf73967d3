#include "read/usage_statement.h"

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "read/usage_field.h"
#include "read/usage_level.h"
#include "read/usage_parts.h"

namespace bxb::read {
namespace {

// What the aggregates are taken of, a row for each event in the range: its keys, `subject`, and what else is asked for.
// OFFSET 0 keeps the planner from computing the subject once for each place that it is used in.
std::string PickedSql(const UsageQuery& query, const UsageParts& parts, const std::string& subject,
                      const std::string& more = "") {
  const std::string bucket = query.bucket ? ", " + BucketSql(query, parts, "\"timestamp\"") + " AS bucket" : "";
  return fmt::format(
      "(\n  SELECT {} AS subject{}{}{}\n  {}\n    AND \"timestamp\" >= {} AND \"timestamp\" < {}\n  OFFSET 0) AS "
      "picked",
      subject, bucket, GroupColumns(parts), more, parts.events, parts.from, parts.to);
}

std::string CountSql(const UsageQuery& query, UsageParts& parts) {
  return LinesSql(parts, "count(*)", "count(*)", PickedSql(query, parts, "1"));
}

std::string NumbersSql(const UsageQuery& query, UsageParts& parts, const std::string& aggregate) {
  const std::string number = NumberSql(query.aggregate.field, parts.parameters);
  return LinesSql(parts, aggregate, "count(*)", PickedSql(query, parts, number) + "\nWHERE subject IS NOT NULL");
}

// Two steps, since PostgreSQL hashes those, while count(DISTINCT …) sorts.
std::string UniqueSql(const UsageQuery& query, UsageParts& parts) {
  std::vector<std::string> columns = parts.keys;
  columns.emplace_back("subject");
  const std::string subject = IdentitySql(query.aggregate.field, parts.parameters);
  const std::string different =
      fmt::format("(\n  SELECT {}, count(*) AS events\n  FROM {}\n  WHERE subject IS NOT NULL\n  {}) AS different",
                  fmt::join(columns, ", "), PickedSql(query, parts, subject), By("GROUP", columns));
  return LinesSql(parts, "count(*)", "coalesce(sum(events), 0)", different);
}

std::string LatestSql(const UsageQuery& query, UsageParts& parts) {
  std::vector<std::string> columns = parts.keys;
  columns.emplace_back("subject");
  const std::string subject = NumberSql(query.aggregate.field, parts.parameters);
  const std::string picked =
      PickedSql(query, parts, subject, ", \"timestamp\" AS happened, transaction_id COLLATE \"C\" AS transaction");
  const std::string numbered = fmt::format(
      "(\n  SELECT {}, row_number() OVER ({} ORDER BY happened DESC, transaction DESC, subject DESC) AS place\n"
      "  FROM {}\n  WHERE subject IS NOT NULL) AS numbered",
      fmt::join(columns, ", "), By("PARTITION", parts.keys), picked);
  return LinesSql(parts, "max(subject) FILTER (WHERE place = 1)", "count(*)", numbered);
}

std::string PercentileSql(const UsageQuery& query, UsageParts& parts) {
  const std::string fraction = parts.parameters.Add(fmt::format("{}", query.aggregate.fraction), "float8");
  return NumbersSql(query, parts, fmt::format("percentile_disc({}) WITHIN GROUP (ORDER BY subject)", fraction));
}

std::string SqlOf(const UsageQuery& query, UsageParts& parts) {
  switch (query.aggregate.kind) {
    case Aggregate::Kind::kCount:
      return CountSql(query, parts);
    case Aggregate::Kind::kSum:
      return NumbersSql(query, parts, "sum(subject)");
    case Aggregate::Kind::kMax:
      return NumbersSql(query, parts, "max(subject)");
    case Aggregate::Kind::kMin:
      return NumbersSql(query, parts, "min(subject)");
    case Aggregate::Kind::kAvg:
      return NumbersSql(query, parts, "avg(subject)");
    case Aggregate::Kind::kUniqueCount:
      return UniqueSql(query, parts);
    case Aggregate::Kind::kLatest:
      return LatestSql(query, parts);
    case Aggregate::Kind::kPercentile:
      return PercentileSql(query, parts);
    case Aggregate::Kind::kWeightedSum:
      break;
  }
  return WeightedSumSql(query, parts);
}

}  // namespace

pq::Statement UsageStatement(const UsageQuery& query, const std::string& sql_table) {
  UsageParts parts = PartsOf(query, sql_table);
  std::string sql = SqlOf(query, parts);
  return {.sql = std::move(sql), .parameters = parts.parameters.Take()};
}

}  // namespace bxb::read
