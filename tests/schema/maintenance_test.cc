#include "schema/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "schema/maintenance_fixture.h"
#include "support/pgbouncer.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using MaintenanceTest = testing::MaintenanceTest;
using Kind = PartitionChange::Kind;

TEST_F(MaintenanceTest, CreatesAhead) {
  MakeDays(1);
  const auto report = Maintained({.ahead = 3});
  EXPECT_THAT(Tables(report, Kind::kCreated), ElementsAre(LeafOf(-1), LeafOf(-2), LeafOf(-3)));
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_THAT(Maintained({.ahead = 3}).changes, IsEmpty()) << "the second time";
}

TEST_F(MaintenanceTest, ADryRunChangesNothing) {
  MakeDays(4);
  PartitionOptions options = {.ahead = 1, .keep = 2, .archive = [](const DetachedPartition&) {
                                ADD_FAILURE();
                                return absl::OkStatus();
                              }};
  const auto planned = Maintained(options, /*dry_run=*/true);
  EXPECT_EQ(Attached(), "4");
  EXPECT_EQ(Value("SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE c.relname LIKE "
                  "'events%'"),
            "0");
  options.archive = [](const DetachedPartition&) { return absl::OkStatus(); };
  const auto done = Maintained(options);
  EXPECT_EQ((std::ostringstream() << planned.changes[0]).str(), (std::ostringstream() << done.changes[0]).str());
  EXPECT_THAT((std::ostringstream() << planned).str(), ::testing::StartsWith("would be created public.events_p"));
  EXPECT_EQ(done.changes.size(), 4);
  EXPECT_EQ(planned.changes.size(), 4);
}

TEST_F(MaintenanceTest, IsSafeBesideOthersThatDoTheSame) {
  MakeDays(6);
  std::atomic<int> archived = 0, dropped = 0;
  PartitionOptions options = {.ahead = 2, .lock_timeout = absl::Seconds(5), .keep = 2};
  options.archive = [&](const DetachedPartition&) {
    ++archived;
    return absl::OkStatus();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { dropped += static_cast<int>(Tables(Maintained(options), Kind::kDropped).size()); });
  }
  for (std::thread& thread : threads) thread.join();
  dropped += static_cast<int>(Tables(Maintained(options), Kind::kDropped).size());
  EXPECT_EQ(archived, 3);
  EXPECT_EQ(dropped, 3);
  EXPECT_EQ(Attached(), "5");
  EXPECT_EQ(Tables(), "5");
}

TEST_F(MaintenanceTest, WorksThroughPgBouncer) {
  MakeDays(4);
  const testing::PgBouncer bouncer(testing::SharedServer(), Value("SELECT current_database()"));
  PartitionOptions options = {.ahead = 1, .keep = 2};
  options.archive = [](const DetachedPartition&) { return absl::OkStatus(); };
  const auto report = MaintainPartitions(bouncer.dsn(), "events", options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Tables(*report, Kind::kCreated), ElementsAre(LeafOf(-1)));
  EXPECT_THAT(Tables(*report, Kind::kDropped), ElementsAre(LeafOf(3)));
  EXPECT_THAT(report->notes, IsEmpty());
}

TEST_F(MaintenanceTest, WorksOnPlainTimestampsAndOddNames) {
  Run("CREATE SCHEMA \"My Schema\"; CREATE TABLE \"My Schema\".\"Ev\"\"e'nts\" (\"A\"\"t\" timestamp) PARTITION BY "
      "RANGE "
      "(\"A\"\"t\")");
  ASSERT_TRUE(Create({DaysAgo(3), DaysAgo(0)}, "My Schema.Ev\"e'nts").ok());
  const auto report = MaintainPartitions(dsn_, "My Schema.Ev\"e'nts", {.ahead = 1, .keep = 2});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Tables(*report, Kind::kDropped),
              ElementsAre("\"My Schema\".\"Ev\"\"e'nts" + NameSuffix(DaysAgo(3)) + "\""));
  EXPECT_THAT(Tables(*report, Kind::kCreated),
              ElementsAre("\"My Schema\".\"Ev\"\"e'nts" + NameSuffix(DaysAgo(-1)) + "\""));
  EXPECT_THAT(report->notes, IsEmpty());
}

TEST_F(MaintenanceTest, DeletesOldKeys) {
  MakeDays(1);
  Run("CREATE TABLE events_keys (n int PRIMARY KEY, written_at timestamptz NOT NULL DEFAULT now());"
      "INSERT INTO events_keys VALUES (1, now() - interval '3 days'), (2, now() - interval '2 days'), (3, now())");
  const auto report = Maintained({.ahead = 0, .keep_keys = absl::Hours(24)});
  ASSERT_EQ(report.changes.size(), 1);
  EXPECT_EQ(report.changes[0].keys, 2);
  EXPECT_EQ((std::ostringstream() << report.changes[0]).str(), "deleted 2 old keys of public.events_keys");
  EXPECT_EQ(Value("SELECT string_agg(n::text, ',') FROM events_keys"), "3");
}

TEST_F(MaintenanceTest, KeepsKeysForeverWhereTheyAreToBeKeptLongerThanTimeGoes) {
  MakeDays(1);
  Run("CREATE TABLE events_keys (n int PRIMARY KEY, written_at timestamptz NOT NULL DEFAULT now());"
      "INSERT INTO events_keys VALUES (1, '-infinity'), (2, now() - interval '900 years')");
  for (const absl::Duration age : {absl::InfiniteDuration(), absl::Hours(1e12), absl::Hours(24 * 365 * 1'000)}) {
    const auto report = Maintained({.ahead = 0, .keep_keys = age});
    EXPECT_THAT(report.notes, IsEmpty()) << age;
    EXPECT_EQ(Value("SELECT count(*) FROM events_keys WHERE n = 2"), "1") << age;
  }
}

TEST_F(MaintenanceTest, TakesNoOtherTableForAKeyTable) {
  const std::string name(63, 'e');
  Run("CREATE TABLE " + name + " (at timestamptz, written_at timestamptz) PARTITION BY RANGE (at)");
  ASSERT_TRUE(Create({DaysAgo(0)}, name).ok());
  Run("INSERT INTO " + name + " VALUES (now(), '2020-01-01')");
  const auto report = MaintainPartitions(dsn_, name, {.ahead = 0, .keep_keys = absl::Hours(1)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->notes, ElementsAre(HasSubstr("its name is too long for a key table")));
  EXPECT_EQ(Value("SELECT count(*) FROM " + name), "1");
}

TEST_F(MaintenanceTest, NotesThatThereIsNoKeyTable) {
  MakeDays(1);
  EXPECT_THAT(Maintained({.ahead = 0, .keep_keys = absl::Hours(24)}).notes, ElementsAre(HasSubstr("events_keys")));
}

TEST_F(MaintenanceTest, SaysWhatItCannotWorkOn) {
  Run("CREATE TABLE plain (at timestamptz); CREATE TABLE events (at timestamptz) PARTITION BY RANGE (at); CREATE ROLE "
      "stranger_here LOGIN");
  EXPECT_EQ(MaintainPartitions(dsn_, "missing", {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MaintainPartitions(dsn_, "plain", {}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(MaintainPartitions(dsn_ + " user=stranger_here", "events", {}).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Maintained({}).notes, ElementsAre(HasSubstr("create the first one by hand")));
}

TEST(CheckPartitionOptions, NamesTheOption) {
  const auto words = [](const PartitionOptions& options) {
    const absl::Status status = CheckPartitionOptions(options);
    EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EXPECT_EQ(words({}), "");
  EXPECT_THAT(words({.ahead = 101}), HasSubstr("ahead"));
  EXPECT_THAT(words({.ahead = -1}), HasSubstr("ahead"));
  EXPECT_THAT(words({.oldest = -absl::Seconds(1)}), HasSubstr("oldest"));
  EXPECT_THAT(words({.newest = -absl::Seconds(1)}), HasSubstr("newest"));
  EXPECT_THAT(words({.lock_timeout = absl::ZeroDuration()}), HasSubstr("lock_timeout"));
  EXPECT_THAT(words({.lock_timeout = absl::Minutes(2)}), HasSubstr("lock_timeout"));
  EXPECT_THAT(words({.keep = -1}), HasSubstr("keep"));
  EXPECT_THAT(words({.keep_keys = absl::ZeroDuration()}), HasSubstr("keep_keys"));
  EXPECT_EQ(words({.keep_keys = absl::Seconds(59)}), "partitions.keep_keys must be at least 1 minute");
  EXPECT_EQ(words({.keep_keys = absl::Minutes(1)}), "");
  EXPECT_EQ(words({.keep_keys = absl::InfiniteDuration()}), "");
  EXPECT_EQ(words({.ahead = 0, .oldest = absl::InfiniteDuration(), .keep = 0}), "");
}

}  // namespace
}  // namespace bxb::schema
