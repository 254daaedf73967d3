// Usage, scans and replays of a Reader: what they share with its other reads, and the events they give.
#include <string>
#include <utility>
#include <vector>

#include "bxb/reader.h"
#include "read/reader_fixture.h"

namespace bxb::read {
namespace {

using ::testing::HasSubstr;

UsageQuery Daily(Aggregate aggregate) {
  return {.organization_id = EventNamed("a").organization_id,
          .from = absl::FromUnixSeconds(1'600'000'000),
          .to = absl::FromUnixSeconds(1'800'000'000),
          .aggregate = std::move(aggregate),
          .bucket = Bucket::kDay};
}

TEST_F(ReaderTest, KnowsNoTimeZoneButTheServers) {
  const auto reader = Open();
  UsageQuery query = Daily(Count());
  for (const char* name : {"Europe/Pariss", "+02:00", "GMT+2", "CEST", "europe/paris"}) {
    query.time_zone = name;
    const auto usage = reader->Usage(query);
    EXPECT_EQ(usage.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(usage.status().message()), HasSubstr("UsageQuery::time_zone is \"" + query.time_zone));
  }
  query.time_zone = "Europe/Paris";
  ASSERT_TRUE(Write("a").stored());
  const auto usage = reader->Usage(query, {.at_least = Write("b").token()});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1U);
  EXPECT_EQ(usage->front().events, 2);
}

TEST_F(ReaderTest, AsksForATimeZoneWithoutTheReadsBounds) {
  const auto reader = Open();
  ReadToken beyond = Write("a").token();
  beyond.lsn.value += std::uint64_t{1} << 40;
  UsageQuery query = Daily(Count());
  query.time_zone = "Mars/Olympus";
  const absl::Status status = reader->Usage(query, {.at_least = beyond, .wait = absl::Milliseconds(20)}).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("UsageQuery::time_zone is \"Mars/Olympus\""));
}

// A table whose only event says how many seconds the server has for the query, and a slow list of time zones.
TEST_F(ReaderTest, CountsTheLookUpOfATimeZoneIntoTheTimeout) {
  ASSERT_TRUE(trio_.primary
                  ->Query("CREATE VIEW pg_timezone_names AS SELECT 'Europe/Paris' AS name FROM pg_sleep(0.6); "
                          "CREATE VIEW asked AS SELECT '0783aa7a-d953-5f66-aac9-945daa57d5b5'::uuid AS "
                          "organization_id, to_timestamp(1700000000) AS timestamp, "
                          "extract(epoch FROM current_setting('statement_timeout')::interval)::numeric "
                          "AS decimal_value; ALTER DATABASE " +
                              database_ + " SET search_path = public, pg_catalog",
                          database_)
                  .ok());
  const auto reader = Open({.table = "asked", .policy = ReadPolicy::kPrimaryOnly});
  UsageQuery query = Daily(Max("decimal_value"));
  query.time_zone = "Europe/Paris";
  const auto usage = reader->Usage(query, {.timeout = absl::Seconds(30)});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1U);
  EXPECT_LT(usage->front().value.value().ToDouble(), 29.5);
}

TEST_F(ReaderTest, RefusesAnEmptyCallback) {
  const auto reader = Open();
  const absl::Status refusal = absl::InvalidArgumentError("on_row is empty");
  EXPECT_EQ(reader->Query("SELECT 1", {}, nullptr).status(), refusal);
  EXPECT_EQ(reader->StreamUsage(Daily(Count()), nullptr).status(), refusal);
  ASSERT_TRUE(Write("a").stored());
  const ReadOptions options = {.at_least = Write("b").token(), .wait = kLong};
  EXPECT_EQ(reader->Scan<Event>({}, nullptr, options).status(), refusal);
  EXPECT_EQ(reader->Replay<Event>({}, {}, nullptr, options).status(), refusal);
}

TEST_F(ReaderTest, ReplaysEachEventOnceFromAPositionThatTravelledAsText) {
  const auto reader = Open();
  std::vector<std::string> seen;
  const auto take = [&](const Event& event) {
    seen.emplace_back(event.transaction_id);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Write("a").stored());
  const auto first = reader->Replay<Event>({}, {}, take, {.at_least = Write("b").token(), .wait = kLong});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("a", "b"));
  seen.clear();
  const auto since = ReplayPosition::Parse(first->next.ToString());
  const auto second = reader->Replay<Event>(*since, {}, take, {.at_least = Write("c").token(), .wait = kLong});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(seen, ::testing::ElementsAre("c"));
  EXPECT_GT(second->next.xid, first->next.xid);
}

TEST_F(ReaderTest, SaysAtOnceThatAReplaysPositionIsOfAnotherCluster) {
  const auto reader = Open();
  ReplayPosition position = {.xid = std::uint64_t{1} << 40, .timeline = 1, .lsn = Write("a").lsn};
  const auto ignore = [](const Event&) { return absl::OkStatus(); };
  const ReadOptions options = {.policy = ReadPolicy::kPrimaryOnly, .wait = absl::Milliseconds(20)};
  EXPECT_EQ(reader->Replay<Event>(position, {}, ignore, options).status().code(),
            absl::StatusCode::kFailedPrecondition);
  position = {.xid = 3, .timeline = 1, .lsn = {std::uint64_t{1} << 50}};
  EXPECT_EQ(reader->Replay<Event>(position, {}, ignore, {.wait = absl::Milliseconds(20)}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReaderTest, ScansTheEventsOfItsTable) {
  const auto reader = Open();
  std::vector<std::string> seen;
  const auto take = [&](const Event& event) {
    seen.emplace_back(event.transaction_id);
    return seen.size() < 3 ? absl::OkStatus() : absl::CancelledError("enough");
  };
  ASSERT_TRUE(Write("a").stored());
  const ReadOptions options = {.at_least = Write("b").token()};
  const auto scan = reader->Scan<Event>({}, take, options);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(scan->rows, 2U);
  EXPECT_EQ(reader->Scan<Event>({}, take, options).status(), absl::CancelledError("enough"));
}

}  // namespace
}  // namespace bxb::read
