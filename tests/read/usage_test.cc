#include "bxb/usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "bxb/schema.h"
#include "bxb/status.h"
#include "fmt/format.h"
#include "read/usage_asker.h"
#include "read/usage_events.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kNoon = absl::FromCivil(absl::CivilHour(2026, 3, 10, 12), absl::UTCTimeZone());

UsageQuery Day(Aggregate aggregate) {
  return {.organization_id = OrganizationOf(1),
          .from = kNoon,
          .to = kNoon + absl::Hours(24),
          .aggregate = std::move(aggregate)};
}

Decimal Exactly(const std::string& text) { return Decimal::Parse(text).value(); }

UsageEvent EventAt(absl::Time time, const std::optional<ColumnNumber>& value = {}) {
  static int number = 0;
  return {.organization_id = OrganizationOf(1),
          .transaction_id = std::to_string(++number),
          .customer = "c",
          .code = "seats",
          .timestamp = time,
          .value = value,
          .decimal_value = value};
}

class UsageTest : public ::testing::Test {
 protected:
  UsageTest() : dsn_(FreshDatabase()) {
    EXPECT_TRUE(ApplyLayout(dsn_, {}).ok());
    session_.emplace(dsn_, "events");
  }

  std::vector<UsageRow> Ask(const UsageQuery& query) {
    auto rows = session_->Ask(query);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? *rows : std::vector<UsageRow>();
  }

  std::optional<Decimal> Value(const UsageQuery& query) {
    const std::vector<UsageRow> rows = Ask(query);
    EXPECT_EQ(rows.size(), 1);
    return rows.empty() ? std::nullopt : rows.front().value;
  }

  void State(absl::Time time, const std::string& level) {
    Insert(dsn_, "events", {EventAt(time, ColumnNumber{level, {}})});
  }

  std::string dsn_;
  std::optional<Asker> session_;
};

TEST_F(UsageTest, WithoutEventsThereIsOneLineAndItSaysSo) {
  EXPECT_THAT(Ask(Day(Count())), ElementsAre(UsageRow{.value = 0}));
  EXPECT_THAT(Ask(Day(UniqueCount("code"))), ElementsAre(UsageRow{.value = 0}));
  for (const Aggregate& aggregate : {Sum("value"), Max("value"), Min("decimal_value"), Avg("value"),
                                     Latest(Property("p")), WeightedSum("value"), Percentile("value", 0.5)}) {
    EXPECT_THAT(Ask(Day(aggregate)), ElementsAre(UsageRow{}));
  }
}

TEST_F(UsageTest, WithoutEventsThereIsNoLineForAGroupOrBucket) {
  for (const Aggregate& aggregate :
       {Count(), Sum("value"), UniqueCount("code"), Latest("value"), WeightedSum("value")}) {
    UsageQuery query = Day(aggregate);
    query.group_by = {GroupBy::Customer()};
    EXPECT_THAT(Ask(query), ElementsAre());
    query.group_by.clear();
    query.bucket = Bucket::kDay;
    EXPECT_THAT(Ask(query), ElementsAre());
  }
}

TEST_F(UsageTest, DoublesAddUpAsTheyPrint) {
  for (const char* value : {"0.1", "0.2", "0.30000000000000004", "1e-7", "1000000000000000.5"}) State(kNoon, value);
  const Decimal sum = Exactly("1000000000000001.10000010000000004");
  EXPECT_EQ(Value(Day(Sum("value"))), sum);
  session_.emplace(dsn_, "events", kOddSession);
  EXPECT_EQ(Value(Day(Sum("value"))), sum);
}

TEST_F(UsageTest, DoublesAreTheSameNumbersWhateverTheSessionPrints) {
  Sql(dsn_,
      "INSERT INTO events (organization_id, transaction_id, external_customer_id, code, \"timestamp\", value) "
      "SELECT '00000000-0000-0000-0000-000000000001', n::text, n::text, 'c', '2026-03-10 12:00+00', "
      "(sin(n) * 10.0::float8 ^ (n % 60 - 30))::float8 FROM generate_series(1, 2000) AS n");
  UsageQuery query = Day(Latest("value"));
  query.group_by = {GroupBy::Customer()};
  const std::vector<UsageRow> usual = Ask(query);
  EXPECT_EQ(usual.size(), 2000);
  session_.emplace(dsn_, "events", kOddSession);
  EXPECT_EQ(Ask(query), usual);
  Asker zero(dsn_, "events", "SET extra_float_digits = 0");
  EXPECT_EQ(zero.Ask(query).value(), usual);
}

TEST_F(UsageTest, TheLargestDoublesAreNoErrorOfTheServer) {
  State(kNoon, "1.7976931348623157e308");
  session_.emplace(dsn_, "events", kOddSession);
  EXPECT_EQ(Value(Day(Count())), 1);
  auto sum = session_->Ask(Day(Sum("value")));
  EXPECT_EQ(sum.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(SqlStateOf(sum.status()), "");
  EXPECT_THAT(std::string(sum.status().message()), HasSubstr("more than the 38 digits of a Decimal"));
}

TEST_F(UsageTest, TrailingZerosDoNotMakeAResultTooLong) {
  State(kNoon, "1." + std::string(100, '0'));
  EXPECT_EQ(Value(Day(Sum("decimal_value"))), 1);
}

TEST_F(UsageTest, APropertyOfUpToThirtyEightDigitsTakesPart) {
  const std::string longest(38, '9');
  for (const std::string& json :
       {longest, "-" + longest, "\"" + longest + "\"", longest + "9", std::string("1e131071")}) {
    UsageEvent event = EventAt(kNoon);
    event.first = PropertyValue{.json = json};
    Insert(dsn_, "events", {event});
  }
  UsageQuery query = Day(Max(Property(kFirst)));
  EXPECT_THAT(Ask(query), ElementsAre(UsageRow{.value = Exactly(longest), .events = 2}));
}

TEST_F(UsageTest, ALevelHoldsUntilTheNextOne) {
  State(kNoon - absl::Hours(10'000), "100");
  State(kNoon - absl::Hours(1), "2.5");
  State(kNoon + absl::Hours(6), "4");
  EXPECT_THAT(Ask(Day(WeightedSum("decimal_value"))),
              ElementsAre(UsageRow{.value = Exactly("313200"), .events = 1}));  // 2.5 × 6 h + 4 × 18 h
}

TEST_F(UsageTest, ALevelHasALineInEveryBucketThatItHoldsIn) {
  State(kNoon - absl::Hours(1), "1");
  UsageQuery query = Day(WeightedSum("value"));
  query.from = kNoon + absl::Microseconds(1);
  query.to = kNoon + absl::Hours(48);
  query.bucket = Bucket::kDay;
  const absl::Time day = kNoon - absl::Hours(12);
  EXPECT_THAT(Ask(query), ElementsAre(UsageRow{.bucket = day, .value = Exactly("43199.999999")},
                                      UsageRow{.bucket = day + absl::Hours(24), .value = 86400},
                                      UsageRow{.bucket = day + absl::Hours(48), .value = 43200}));
}

TEST_F(UsageTest, ALevelBeginsWithItsFirstEvent) {
  State(kNoon + absl::Hours(23), "3");
  EXPECT_THAT(Ask(Day(WeightedSum("value"))), ElementsAre(UsageRow{.value = 10800, .events = 1}));
}

TEST_F(UsageTest, AnUnknownTimeZoneIsTheServersErrorEvenWithoutEvents) {
  UsageQuery query = Day(Count());
  query.bucket = Bucket::kDay;
  query.time_zone = "Mars/Olympus'; DROP TABLE events; --";
  EXPECT_EQ(SqlStateOf(session_->Ask(query).status()), "22023");
  EXPECT_EQ(Value(Day(Count())), 0);
}

struct WrongType {
  const char* column;
  const char* type;
  Aggregate aggregate;
};

TEST_F(UsageTest, AColumnOfAnotherTypeIsAnErrorNotAnotherResult) {
  const std::vector<WrongType> wrong = {
      {"timestamp", "timestamp", Count()},
      {"timestamp", "timestamp", WeightedSum("value")},
      {"decimal_value", "float8", Sum("decimal_value")},
      {"value", "numeric", Sum("value")},
      {"properties", "json", Sum(Property("p"))},
  };
  for (const auto& [column, type, aggregate] : wrong) {
    Sql(dsn_, fmt::format("CREATE TABLE other (LIKE events); ALTER TABLE other ALTER \"{}\" TYPE {} USING NULL", column,
                          type));
    Asker session(dsn_, "other");
    EXPECT_EQ(SqlStateOf(session.Ask(Day(aggregate)).status()), "42883") << column;
    Sql(dsn_, "DROP TABLE other");
  }
}

TEST_F(UsageTest, ColumnsThatItDoesNotNeedMayBeOfAnyType) {
  Sql(dsn_,
      "CREATE TABLE other (LIKE events INCLUDING DEFAULTS); ALTER TABLE other ALTER value TYPE text, ALTER "
      "decimal_value TYPE float8, "
      "ALTER properties TYPE json USING NULL, ALTER code TYPE varchar(20), "
      "ALTER external_customer_id TYPE varchar(20), ALTER transaction_id TYPE varchar(20)");
  Insert(dsn_, "other", {EventAt(kNoon)});
  Asker session(dsn_, "other");
  for (const Aggregate& aggregate : {Count(), UniqueCount("code"), UniqueCount("external_customer_id")}) {
    UsageQuery query = Day(aggregate);
    query.codes = {"seats"};
    query.customers = {"c", "d"};
    EXPECT_EQ(session.Ask(query).value(), std::vector<UsageRow>({{.value = 1, .events = 1}}));
  }
}

TEST_F(UsageTest, NothingOfTheCallersTextIsInTheStatement) {
  const std::string evil = "evil'\"}); DROP TABLE events; --\\$1";
  for (int kind = 0; kind <= static_cast<int>(Aggregate::Kind::kPercentile); ++kind) {
    UsageQuery query = Day({.kind = static_cast<Aggregate::Kind>(kind), .field = Property(evil), .fraction = 0.5});
    query.customers = query.codes = {evil, "b"};
    query.properties = {{evil, {evil}}, {evil, {"NULL", "", evil, "{}"}}};
    query.group_by = {GroupBy::Property(evil), GroupBy::Customer()};
    EXPECT_THAT(Ask(query), ElementsAre());
    EXPECT_THAT(read::UsageStatement(query, "events").sql, ::testing::Not(HasSubstr("evil")));
  }
  EXPECT_EQ(SqlValue(dsn_, "SELECT count(*) FROM events"), "0");
}

TEST_F(UsageTest, ARangeMayReachAsFarAsTheServersTimes) {
  State(kNoon, "1");
  UsageQuery query = Day(Count());
  query.from = absl::FromCivil(absl::CivilDay(-4713, 11, 24), absl::UTCTimeZone());
  query.to = absl::FromCivil(absl::CivilDay(294276, 12, 31), absl::UTCTimeZone());
  EXPECT_EQ(Value(query), 1);
}

struct Mistake {
  const char* member;
  void (*make)(UsageQuery&);
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.member; }

class UsageMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(UsageMistake, IsNamed) {
  UsageQuery query = Day(Sum("value"));
  EXPECT_TRUE(read::CheckUsageQuery(query).ok());
  GetParam().make(query);
  const absl::Status status = read::CheckUsageQuery(query);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("UsageQuery::" + std::string(GetParam().member)));
}

const std::string kNul("a\0b", 3);

INSTANTIATE_TEST_SUITE_P(
    Usage, UsageMistake,
    ::testing::Values(
        Mistake{"organization_id", [](UsageQuery& q) { q.organization_id = {}; }},
        Mistake{"customers[1]", [](UsageQuery& q) { q.customers = {"a", "\xff"}; }},
        Mistake{"codes[0]", [](UsageQuery& q) { q.codes = {kNul}; }},
        Mistake{"properties[0].property", [](UsageQuery& q) { q.properties = {{"", {"a"}}}; }},
        Mistake{"properties[0].property", [](UsageQuery& q) { q.properties = {{kNul, {"a"}}}; }},
        Mistake{"properties[1].values", [](UsageQuery& q) { q.properties = {{"a", {"a"}}, {"b", {}}}; }},
        Mistake{"properties[0].values[1]", [](UsageQuery& q) { q.properties = {{"a", {"a", "\xc0\x80"}}}; }},
        Mistake{"properties", [](UsageQuery& q) { q.properties.assign(1001, {"a", {"a"}}); }},
        Mistake{"from", [](UsageQuery& q) { q.from = absl::InfinitePast(); }},
        Mistake{"from is 2026", [](UsageQuery& q) { q.from = q.to; }},
        Mistake{"to is not set", [](UsageQuery& q) { q.to = {}; }},
        Mistake{"to is not set", [](UsageQuery& q) { q.from = q.to = {}; }},
        Mistake{"from", [](UsageQuery& q) { q.from = absl::FromUnixSeconds(-300'000'000'000); }},
        Mistake{"to", [](UsageQuery& q) { q.to = absl::InfiniteFuture(); }},
        Mistake{"to", [](UsageQuery& q) { q.to = absl::FromUnixSeconds(9'224'318'016'000); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Sum("properties"); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Sum("code"); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = UniqueCount("organization_id"); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Sum(""); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Sum(Property("")); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Sum(Property("\xff")); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Percentile("value", 0); }},
        Mistake{"aggregate", [](UsageQuery& q) { q.aggregate = Percentile("value", 1.001); }},
        Mistake{"aggregate",
                [](UsageQuery& q) { q.aggregate = Percentile("value", std::numeric_limits<double>::quiet_NaN()); }},
        Mistake{"group_by[1].property", [](UsageQuery& q) { q.group_by = {GroupBy::Code(), GroupBy::Property("")}; }},
        Mistake{"time_zone", [](UsageQuery& q) { q.time_zone = ""; }},
        Mistake{"time_zone", [](UsageQuery& q) { q.time_zone = kNul; }}));

TEST(UsageRow, IsReadable) {
  std::ostringstream out;
  out << UsageRow{.bucket = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone()),
                  .group = {"cust_7", std::nullopt},
                  .value = 42,
                  .events = 17}
      << "\n"
      << UsageRow{.events = 1};
  EXPECT_EQ(out.str(), "2026-11-22T00:00:00+00:00  cust_7  (none)  42  (17 events)\n(none)  (1 event)");
}

}  // namespace
}  // namespace bxb::testing
