#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "bxb/schema.h"
#include "read/usage_asker.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

constexpr const char* kChicago = "0783aa7a-d953-5f66-aac9-945daa57d5b5";
constexpr const char* kDallas = "ac1b77c9-c464-5d05-ab92-fa2b83b076c2";

// 200,000 real flights; what they add up to was computed from the file without any of this.
class UsageOfFlights : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dsn = FreshDatabase();
    ASSERT_TRUE(ApplyLayout(dsn, {}).ok());
    Sql(dsn, "CREATE TABLE lines (line jsonb)");
    CopyLines();
    Sql(dsn,
        "INSERT INTO events (organization_id, transaction_id, external_customer_id, code, \"timestamp\", properties, "
        "value) SELECT (line->>'organization_id')::uuid, line->>'transaction_id', line->>'external_customer_id', "
        "line->>'code', (line->>'timestamp')::timestamptz, line->'properties', (line->>'value')::float8 FROM lines");
  }

  // No character of these stands in the file: each line is one value as it is.
  static void CopyLines() {
    FILE* file = popen("gzip -dc " BXB_FLIGHTS, "r");
    const auto deadline = pq::After(absl::Seconds(60));
    auto connection = pq::Connection::Open(dsn, "test", deadline).value();
    std::array<char, 1 << 16> chunk;
    const auto copied = connection.Copy(
        R"(COPY lines FROM STDIN (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'))",
        [&] { return std::string_view(chunk.data(), fread(chunk.data(), 1, chunk.size(), file)); },
        [](std::string_view) {}, deadline);
    EXPECT_TRUE(copied.status.ok()) << copied.status;
    EXPECT_EQ(pclose(file), 0);
  }

  UsageQuery January(const char* organization, Aggregate aggregate) {
    return {.organization_id = *Uuid::Parse(organization),
            .from = absl::FromCivil(absl::CivilMonth(2001, 1), absl::UTCTimeZone()),
            .to = absl::FromCivil(absl::CivilMonth(2001, 2), absl::UTCTimeZone()),
            .aggregate = std::move(aggregate)};
  }

  std::optional<Decimal> Value(const UsageQuery& query) { return Asker(dsn, "events").Ask(query).value().at(0).value; }

  static inline std::string dsn;
};

TEST_F(UsageOfFlights, IsWhatTheFileAddsUpTo) {
  EXPECT_EQ(Value(January(kChicago, Count())), 11'015);
  EXPECT_EQ(Value(January(kChicago, Sum("value"))), 8'548'636);
  EXPECT_EQ(Value(January(kChicago, Max(Property("delay")))), 617);
  EXPECT_EQ(Value(January(kChicago, UniqueCount(Property("destination")))), 112);
  EXPECT_EQ(Value(January(kDallas, Count())), 10'460);
  EXPECT_EQ(Value(January(kDallas, Sum(Property("distance")))), 7'999'621);
  EXPECT_EQ(Value(January(kDallas, Max(Property("delay")))), 867);
  EXPECT_EQ(Value(January(kDallas, UniqueCount(Property("destination")))), 116);
}

TEST_F(UsageOfFlights, OfAllOrganizationsIsThatOfTheFile) {
  std::int64_t flights = 0;
  double miles = 0;
  for (const auto& row : Sql(dsn, "SELECT DISTINCT organization_id FROM events")) {
    UsageQuery query = January(row[0]->c_str(), Sum("value"));
    query.group_by = {GroupBy::Code()};
    const auto lines = Asker(dsn, "events").Ask(query).value();
    for (const UsageRow& line : lines) {
      if (line.group[0] != "flight") continue;
      flights += line.events;
      miles += line.value->ToDouble();
    }
  }
  EXPECT_EQ(flights, 152'351);
  EXPECT_EQ(miles, 110'460'724);
}

}  // namespace
}  // namespace bxb::testing
