#include "chaos/partition_check.h"

#include <fmt/format.h>

#include <cstddef>

#include "chaos/usage.h"
#include "support/sql.h"

namespace bxb::chaos {
namespace {

std::string RowsSql(int producer) {
  return fmt::format(
      "SELECT right(transaction_id, 9)::int, (extract(epoch FROM timestamp) * 1000)::int8, value::int FROM events "
      "WHERE "
      "organization_id = '{}'",
      Usage::Organization(producer).ToString());
}

void CheckProducer(const pq::Rows& rows, const PartitionProducer& producer, Findings& findings) {
  const auto& sent = producer.sent();
  std::vector<int> copies(sent.size());
  for (const auto& row : rows) {
    const auto number = std::stoull(*row[0]);
    const bool known = number < sent.size() && std::stoll(*row[1]) == absl::ToUnixMillis(sent[number].time) &&
                       std::stoull(*row[2]) == number;
    if (known) ++copies[number];
    if (!known) findings.Add(fmt::format("nobody wrote {} at {} of producer {}", *row[0], *row[1], producer.id()));
  }
  for (std::size_t n = 0; n < sent.size(); ++n) {
    if (copies[n] == 1 && sent[n].stored > 0) continue;
    findings.Add(fmt::format("event {}/{} at {} is there {} times, told {} times that it is, {} times inserted",
                             producer.id(), n, absl::FormatTime(sent[n].time, absl::UTCTimeZone()), copies[n],
                             sent[n].stored, sent[n].inserted));
  }
}

}  // namespace

void CheckEvents(const std::string& dsn, const PartitionProducers& producers, Findings& findings) {
  std::size_t events = 0;
  for (const auto& producer : producers) {
    CheckProducer(testing::Sql(dsn, RowsSql(producer->id())), *producer, findings);
    events += producer->sent().size();
  }
  const std::string rows = testing::SqlValue(dsn, "SELECT count(*) FROM events");
  if (rows != std::to_string(events)) findings.Add(fmt::format("{} rows, but {} events", rows, events));
}

void CheckKeys(const std::string& dsn, Findings& findings) {
  const std::string lonely = testing::SqlValue(
      dsn,
      "SELECT count(*) FROM events FULL JOIN events_keys USING (organization_id, transaction_id) WHERE "
      "events.timestamp IS NULL OR events_keys.written_at IS NULL");
  if (lonely != "0") findings.Add(lonely + " events without a key or keys without an event");
}

void CheckNothingIsLeft(const std::string& dsn, Findings& findings) {
  const auto left = testing::Sql(
      dsn,
      "SELECT relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE relkind = 'r' AND "
      "relnamespace = 'public'::regnamespace AND relname <> 'events_keys' AND i.inhdetachpending IS NOT false");
  for (const auto& row : left) {
    findings.Add(fmt::format("{} is no partition, and has {} rows", *row[0],
                             testing::SqlValue(dsn, "SELECT count(*) FROM " + *row[0])));
  }
}

}  // namespace bxb::chaos
