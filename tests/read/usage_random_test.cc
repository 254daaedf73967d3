#include <gtest/gtest.h>

#include <cmath>

#include "bxb/schema.h"
#include "fmt/format.h"
#include "read/usage_asker.h"
#include "read/usage_events.h"
#include "read/usage_model.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

using Kind = Aggregate::Kind;

// A zone, and a time around which something happens there.
struct Season {
  const char* zone;
  const char* around;
};

void PrintTo(const Season& season, std::ostream* out) { *out << season.zone << " around " << season.around; }

absl::Time TimeOf(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

Layout PartitionedLean() {
  return {.table = "parts", .partition_by = PartitionInterval::kWeek, .indexes = IndexProfile::kLean, .ahead = 4};
}

std::vector<std::vector<GroupBy>> Groupings() {
  return {{},
          {GroupBy::Customer()},
          {GroupBy::Code(), GroupBy::Customer()},
          {GroupBy::Property(kFirst)},
          {GroupBy::Property(kSecond), GroupBy::Code()},
          {GroupBy::Property("nowhere")}};
}

std::vector<std::optional<Bucket>> Buckets() {
  return {std::nullopt, Bucket::kMinute, Bucket::kHour, Bucket::kDay, Bucket::kWeek, Bucket::kMonth};
}

class UsageOfRandomEvents : public ::testing::TestWithParam<Season> {
 protected:
  UsageOfRandomEvents() : around_(TimeOf(GetParam().around)), dsn_(FreshDatabase()) {
    events_ = RandomEvents(random_, around_ - absl::Hours(24 * 12), around_ + absl::Hours(24 * 12), 250);
    Layout parts = PartitionedLean();
    EXPECT_TRUE(ApplyLayout(dsn_, {.table = "plain"}).ok());
    Sql(dsn_, LayoutDdl(parts, around_ - absl::Hours(24 * 14)).value());
    Insert(dsn_, "plain", events_);
    Insert(dsn_, "parts", events_);
  }

  Field RandomField(Kind kind) {
    static const std::vector<Field> numbers = {"value", "decimal_value", Property(kFirst), Property(kSecond)};
    static const std::vector<Field> texts = {"external_customer_id", "code", "transaction_id"};
    return kind == Kind::kUniqueCount && random_.Chance(50) ? random_.OneOf(texts) : random_.OneOf(numbers);
  }

  // An end of a range: on an event, or anywhere.
  absl::Time RandomTime() {
    if (random_.Chance(50)) return random_.OneOf(events_).timestamp;
    return around_ + absl::Nanoseconds(random_.Between(-12'000'000, 12'000'000) * 86'400'137);
  }

  void RandomRange(UsageQuery& query) {
    do {
      query.from = RandomTime();
      query.to = query.bucket == Bucket::kMinute ? query.from + absl::Hours(random_.Between(1, 30)) : RandomTime();
    } while (query.to < query.from + absl::Seconds(1));
  }

  void RandomFilters(UsageQuery& query) {
    for (int i = 0; random_.Chance(30) && i < 3; ++i) query.customers.push_back(random_.OneOf(Customers()));
    for (int i = 0; random_.Chance(40) && i < 2; ++i) query.codes.push_back(random_.OneOf(Codes()));
    if (random_.Chance(15)) query.properties.push_back({kSecond, {"1", "NULL", "a, \"b\" \\ {c}'", "", "true"}});
    if (random_.Chance(15)) query.properties.push_back({kFirst, {"1", "-2.50", "123456789012345.125"}});
  }

  UsageQuery RandomQuery(Kind kind) {
    UsageQuery query = {.organization_id = OrganizationOf(random_.Chance(90) ? 1 : 2), .time_zone = GetParam().zone};
    query.aggregate = {
        .kind = kind, .field = RandomField(kind), .fraction = random_.OneOf(std::vector{0.001, 0.5, 0.9, 1.0})};
    RandomFilters(query);
    return query;
  }

  Random random_;
  absl::Time around_;
  std::string dsn_;
  std::vector<UsageEvent> events_;
};

// Averages are rounded: as many digits as a double has must agree.
void ExpectNear(const std::optional<Decimal>& actual, const std::optional<Decimal>& expected) {
  ASSERT_EQ(actual.has_value(), expected.has_value());
  if (!actual) return;
  if (!expected->is_finite()) {
    EXPECT_EQ(*actual, *expected);
    return;
  }
  EXPECT_NEAR(actual->ToDouble(), expected->ToDouble(), 1e-14 * std::abs(expected->ToDouble()) + 1e-20);
}

void ExpectSame(const UsageQuery& query, std::vector<UsageRow> actual, std::vector<UsageRow> expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (query.aggregate.kind == Kind::kAvg) {
      ExpectNear(actual[i].value, expected[i].value);
      actual[i].value = expected[i].value = std::nullopt;
    }
    ASSERT_EQ(actual[i], expected[i]) << "line " << i;
  }
}

std::string Describe(const UsageQuery& query) {
  std::string text = "aggregate " + std::to_string(static_cast<int>(query.aggregate.kind)) + " of " +
                     query.aggregate.field.name + " from " + absl::FormatTime(query.from, absl::UTCTimeZone()) +
                     " to " + absl::FormatTime(query.to, absl::UTCTimeZone());
  if (query.bucket) text += " by " + std::string(Name(*query.bucket));
  return text + " in " + query.time_zone;
}

TEST_P(UsageOfRandomEvents, IsWhatTheyAddUpTo) {
  std::vector<Asker> sessions;
  sessions.emplace_back(dsn_, "plain");
  sessions.emplace_back(dsn_, "parts", kOddSession);
  for (int kind = 0; kind <= static_cast<int>(Kind::kPercentile); ++kind) {
    for (const auto& groups : Groupings()) {
      for (const auto& bucket : Buckets()) {
        UsageQuery query = RandomQuery(static_cast<Kind>(kind));
        query.group_by = groups;
        query.bucket = bucket;
        RandomRange(query);
        SCOPED_TRACE(Describe(query));
        const auto expected = ModelOf(query, events_);
        for (Asker& session : sessions) {
          auto rows = session.Ask(query);
          ASSERT_EQ(rows.status().code(), expected.status().code()) << rows.status();
          if (rows.ok()) ExpectSame(query, *rows, *expected);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

class UsageBuckets : public UsageOfRandomEvents {};

// A level of 1 in each of these seconds, in the bucket that date_trunc puts it into.
std::vector<UsageRow> SecondsOf(const std::string& dsn, const UsageQuery& query) {
  std::vector<UsageRow> rows;
  for (const auto& row : Sql(dsn, fmt::format("SELECT extract(epoch FROM date_trunc('{}', t, '{}'))::bigint, count(*) "
                                              "FROM generate_series(to_timestamp({}), to_timestamp({}), '1 second') "
                                              "AS t GROUP BY 1 ORDER BY 1",
                                              Name(*query.bucket), query.time_zone, absl::ToUnixSeconds(query.from),
                                              absl::ToUnixSeconds(query.to) - 1))) {
    rows.push_back({.bucket = absl::FromUnixSeconds(std::stoll(*row[0])), .value = std::stoll(*row[1])});
  }
  return rows;
}

TEST_P(UsageBuckets, OfALevelAreThoseOfDateTrunc) {
  UsageEvent event = {.organization_id = OrganizationOf(3), .transaction_id = "1", .timestamp = around_};
  event.timestamp -= absl::Hours(24 * 9);
  event.value = ColumnNumber{"1", Number::Of("1")};
  Insert(dsn_, "plain", {event});
  Asker session(dsn_, "plain", kOddSession);
  for (const Bucket bucket : {Bucket::kMinute, Bucket::kHour, Bucket::kDay, Bucket::kWeek, Bucket::kMonth}) {
    UsageQuery query = {.organization_id = OrganizationOf(3), .bucket = bucket, .time_zone = GetParam().zone};
    query.from = absl::FromUnixSeconds(absl::ToUnixSeconds(around_)) - absl::Seconds(random_.Between(1, 90'000));
    query.to = query.from + absl::Seconds(random_.Between(90'000, 200'000));
    query.aggregate = WeightedSum("value");
    SCOPED_TRACE(Describe(query));
    const auto rows = session.Ask(query);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ExpectSame(query, *rows, SecondsOf(dsn_, query));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Usage, UsageBuckets,
    ::testing::Values(
        Season{"UTC", "2026-02-28T00:00:00Z"}, Season{"Africa/Monrovia", "1971-03-01T00:00:00Z"},
        Season{"Africa/Monrovia", "1972-01-07T00:44:30Z"}, Season{"Europe/Amsterdam", "1937-06-30T23:40:28Z"},
        Season{"Europe/Paris", "2026-10-25T01:00:00Z"}, Season{"Asia/Kolkata", "2026-01-31T18:30:00Z"},
        Season{"Asia/Kathmandu", "1985-12-31T18:30:00Z"}, Season{"America/Toronto", "1919-03-31T04:30:00Z"},
        Season{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, Season{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
        Season{"America/Havana", "2026-11-01T05:00:00Z"}, Season{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
        Season{"America/St_Johns", "2010-11-07T02:31:00Z"}, Season{"Pacific/Apia", "2011-12-30T10:00:00Z"},
        Season{"Pacific/Kwajalein", "1993-08-21T12:00:00Z"}, Season{"Africa/Freetown", "1939-09-03T00:00:00Z"}));

INSTANTIATE_TEST_SUITE_P(
    Usage, UsageOfRandomEvents,
    ::testing::Values(
        Season{"UTC", "2026-02-28T00:00:00Z"}, Season{"Africa/Monrovia", "1971-03-01T00:00:00Z"},
        Season{"Africa/Monrovia", "1972-01-07T00:44:30Z"}, Season{"Europe/Paris", "2026-03-29T01:00:00Z"},
        Season{"Europe/Paris", "2026-10-25T01:00:00Z"}, Season{"America/New_York", "2026-03-08T07:00:00Z"},
        Season{"America/New_York", "2026-11-01T06:00:00Z"}, Season{"Asia/Kolkata", "2026-08-15T00:00:00Z"},
        Season{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, Season{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
        Season{"America/Havana", "2026-11-01T05:00:00Z"}, Season{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
        Season{"America/St_Johns", "2010-11-07T02:31:00Z"}, Season{"Pacific/Apia", "2011-12-30T10:00:00Z"}));

}  // namespace
}  // namespace bxb::testing
