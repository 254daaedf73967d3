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

// Whether the local clock is changed in the time of that width from `low` on.
std::string IsChangedSql(const UsageParts& parts, const std::string& low, const std::string& width) {
  return fmt::format("timezone({0}, {1} + {2}) - timezone({0}, {1}) <> {2}", parts.zone, low, width);
}

// When the clocks are changed, to the second, by bisection of steps of 2^18 seconds: three days, in which no zone has
// ever changed its clocks and changed them back. In seconds throughout, since a day is not the same in all sessions.
std::string ChangesSql(const UsageParts& parts) {
  return fmt::format(
      R"(SELECT low, interval '262144 seconds'
  FROM generate_series((SELECT date_trunc('second', min(since)) FROM held), {0}, '262144 seconds') AS low
  WHERE {1}
  UNION ALL
  SELECT half, width / 2 FROM change, LATERAL (VALUES (low), (low + width / 2)) AS halves(half)
  WHERE width > interval '1 second' AND {2})",
      parts.to, IsChangedSql(parts, "low", "interval '262144 seconds'"), IsChangedSql(parts, "half", "(width / 2)"));
}

// The times between changes of the clocks, from the first level on.
std::string SpansSql(const UsageParts& parts) {
  return fmt::format(
      R"(SELECT since, lead(since, 1, {0}) OVER (ORDER BY since) - interval '1 microsecond' AS last
      FROM (SELECT min(since) AS since FROM held UNION ALL
        SELECT low + width FROM change WHERE width = interval '1 second' AND low + width < {0}) AS starts)",
      parts.to);
}

// Where buckets begin, and which ones: where the local clock shows so, and where it is changed, since it may skip the
// beginning of a bucket, or turn back into the one before.
std::string GridSql(const UsageQuery& query, const UsageParts& parts) {
  return fmt::format(
      R"(SELECT array_agg(start ORDER BY start) AS starts, array_agg({0} ORDER BY start) AS buckets
  FROM (
    SELECT greatest(timezone('UTC', shown - (timezone({1}, since) - timezone('UTC', since))), since) AS start
    FROM (
      {2}) AS span,
      generate_series(date_trunc('{3}', timezone({1}, since)), timezone({1}, last), '1 {3}') AS shown) AS cut)",
      BucketSql(query, parts, "start"), parts.zone, SpansSql(parts), Name(*query.bucket));
}

// Levels cut where buckets begin.
std::string PiecesSql(const UsageQuery& query, const UsageParts& parts, const std::string& held) {
  return fmt::format(
      "WITH RECURSIVE held AS (\n  {0}),\nchange(low, width) AS (\n  {1}),\ngrid AS MATERIALIZED (\n  {2})\n"
      "SELECT held.*, buckets[place] AS bucket, inside AND place = first AS counts,\n"
      "    greatest(since, starts[place]) AS start, least(until, coalesce(starts[place + 1], {3})) AS stop\n"
      "  FROM grid, held, LATERAL (SELECT width_bucket(since, starts) AS first) AS place_of_first,\n"
      "    generate_series(first, greatest(first, width_bucket(until - interval '1 microsecond', starts))) AS place",
      held, ChangesSql(parts), GridSql(query, parts), parts.to);
}

}  // namespace

std::string WeightedSumSql(const UsageQuery& query, UsageParts& parts) {
  const std::string held = HeldSql(parts, SeriesOf(query), NumberSql(query.aggregate.field, parts.parameters));
  const std::string pieces =
      query.bucket.has_value()
          ? PiecesSql(query, parts, held)
          : fmt::format("SELECT held.*, inside AS counts, since AS start, until AS stop\n  FROM ({}) AS held", held);
  return LinesSql(parts, "trim_scale(sum(level * extract(epoch FROM stop - start)) FILTER (WHERE stop > start))",
                  "count(*) FILTER (WHERE counts)", "(\n" + pieces + ") AS pieces\nWHERE counts OR stop > start");
}

}  // namespace bxb::read
