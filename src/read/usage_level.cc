#include "read/usage_level.h"

#include <cstddef>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "read/usage_field.h"

namespace bxb::read {
namespace {

// What makes a series: whose events end each other's levels. The groups that are properties stand for themselves.
std::vector<std::string> SeriesOf(const UsageQuery& query) {
  std::vector<std::string> series = {"customer", "code"};
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    if (query.group_by[i].kind == GroupBy::Kind::kProperty) series.push_back(fmt::format("group_{}", i));
  }
  return series;
}

// Every event with a number, in the time that `when` says.
std::string StatedSql(const UsageParts& parts, const std::string& number, const std::string& when) {
  return fmt::format(
      "(\n  SELECT * FROM (\n  SELECT {} AS level, \"timestamp\" AS happened, transaction_id COLLATE \"C\" AS "
      "transaction,\n"
      "    external_customer_id COLLATE \"C\" AS customer, code COLLATE \"C\" AS code{}\n  {}\n    AND {}\n"
      "  OFFSET 0) AS event WHERE level IS NOT NULL)",
      number, GroupColumns(parts), parts.events, when);
}

// The events that hold when the range begins: the last ones of their series. Found by hashing, since sorting all there
// is before the range would take longer than all the rest.
std::string CarriedSql(const UsageParts& parts, const std::vector<std::string>& series, const std::string& number) {
  const std::string before = StatedSql(parts, number, "\"timestamp\" < " + parts.from);
  std::string same = "event.happened = last.happened AND event.customer = last.customer AND event.code = last.code";
  for (const std::string& column : series) same += fmt::format(" AND event.{0} IS NOT DISTINCT FROM last.{0}", column);
  return fmt::format(
      "SELECT event.* FROM {} AS event\n  JOIN (SELECT {}, max(happened) AS happened FROM {} AS old {}) AS last\n  ON "
      "{}",
      before, fmt::join(series, ", "), before, By("GROUP", series), same);
}

// Each level with the time that it holds for, within the range.
std::string HeldSql(const UsageParts& parts, const std::vector<std::string>& series, const std::string& number) {
  const std::string inside = fmt::format("\"timestamp\" >= {} AND \"timestamp\" < {}", parts.from, parts.to);
  return fmt::format(
      "SELECT *, happened >= {0} AS inside, greatest(happened, {0}) AS since,\n"
      "    lead(greatest(happened, {0}), 1, {1}) OVER ({2} ORDER BY happened, transaction, level) AS until\n"
      "  FROM ({3} UNION ALL\n  {4}) AS stated",
      parts.from, parts.to, By("PARTITION", series),
      fmt::format("SELECT * FROM {} AS event", StatedSql(parts, number, inside)), CarriedSql(parts, series, number));
}

// The times to look at for a bucket's beginning: each quarter of an hour, since there the hours and days of all zones
// begin; and each minute of those in which the zone changes its clocks, some of them at 0:01.
std::string TriedSql(const UsageQuery& query, const UsageParts& parts) {
  const std::string plain = query.bucket == Bucket::kMinute ? "1 minute" : "15 minutes";
  return fmt::format(
      R"(SELECT greatest(tried, {0}) AS start
      FROM generate_series(date_bin('15 minutes', {0}, 'epoch'::timestamptz), {1}, '15 minutes') AS quarter,
        generate_series(quarter, quarter + interval '14 minutes',
          CASE WHEN timezone({2}, quarter + interval '15 minutes') - timezone({2}, quarter) = interval '15 minutes'
            THEN interval '{3}' ELSE interval '1 minute' END) AS tried
      WHERE tried < {1})",
      parts.from, parts.to, parts.zone, plain);
}

// Where buckets begin, and which ones: where a time lies in another bucket than the one looked at before it.
std::string GridSql(const UsageQuery& query, const UsageParts& parts) {
  return fmt::format(
      R"(SELECT array_agg(start ORDER BY start) AS starts, array_agg(bucket ORDER BY start) AS buckets
  FROM (
    SELECT start, bucket, lag(bucket) OVER (ORDER BY start) AS before
    FROM (
      SELECT start, {} AS bucket FROM (
      {}) AS tried) AS tried) AS tried
  WHERE bucket IS DISTINCT FROM before)",
      BucketSql(query, parts, "start"), TriedSql(query, parts));
}

// Levels cut where buckets begin.
std::string PiecesSql(const UsageParts& parts, const std::string& held, const std::string& grid) {
  return fmt::format(
      "WITH held AS (\n  {0}),\ngrid AS MATERIALIZED (\n  {1})\n"
      "SELECT held.*, buckets[place] AS bucket, inside AND place = first AS counts,\n"
      "    greatest(since, starts[place]) AS start, least(until, coalesce(starts[place + 1], {2})) AS stop\n"
      "  FROM grid, held, LATERAL (SELECT width_bucket(since, starts) AS first) AS place_of_first,\n"
      "    generate_series(first, greatest(first, width_bucket(until - interval '1 microsecond', starts))) AS place",
      held, grid, parts.to);
}

}  // namespace

std::string WeightedSumSql(const UsageQuery& query, UsageParts& parts) {
  const std::string held = HeldSql(parts, SeriesOf(query), NumberSql(query.aggregate.field, parts.parameters));
  const std::string pieces =
      query.bucket.has_value()
          ? PiecesSql(parts, held, GridSql(query, parts))
          : fmt::format("SELECT held.*, inside AS counts, since AS start, until AS stop\n  FROM ({}) AS held", held);
  return LinesSql(parts, "trim_scale(sum(level * extract(epoch FROM stop - start)) FILTER (WHERE stop > start))",
                  "count(*) FILTER (WHERE counts)", "(\n" + pieces + ") AS pieces\nWHERE counts OR stop > start");
}

}  // namespace bxb::read
