#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "bxb/bxb.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ApplyLayoutTest : public ::testing::Test {
 protected:
  std::string Value(const std::string& sql) { return testing::SqlValue(dsn_, sql); }
  void Run(const std::string& sql) { testing::Sql(dsn_, sql); }

  std::string Partitions() { return Value("SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('events')"); }

  void ExpectDifferences(const Layout& layout, const std::string& differences) {
    const absl::Status status = ApplyLayout(dsn_, layout);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(std::string(status.message()), "table public.events differs from the layout: " + differences);
  }

  const std::string dsn_ = testing::FreshDatabase();
};

TEST_F(ApplyLayoutTest, CreatesWhatIsMissingAndThenNothing) {
  const Layout layout = {.partition_by = PartitionInterval::kDay};
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok());
  const std::string objects = "SELECT string_agg(oid::text || relname, ' ' ORDER BY oid) FROM pg_class";
  const std::string before = Value(objects);
  EXPECT_EQ(Partitions(), "4");
  EXPECT_EQ(Value("SELECT to_regclass('events_keys') IS NOT NULL"), "t");
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok()) << ApplyLayout(dsn_, layout);
  EXPECT_EQ(Value(objects), before);
}

TEST_F(ApplyLayoutTest, AcceptsWhatItsOwnDdlHasCreated) {
  for (const auto& interval : {std::optional<PartitionInterval>(), std::optional(PartitionInterval::kHour),
                               std::optional(PartitionInterval::kMonth)}) {
    for (const IndexProfile profile : {IndexProfile::kSeed, IndexProfile::kLean, IndexProfile::kAppend}) {
      for (const DedupScope scope : {DedupScope::kNone, DedupScope::kPerTimestamp, DedupScope::kGlobal}) {
        const Layout layout = {.table = "My Events", .partition_by = interval, .indexes = profile, .dedup = scope};
        Run("DROP TABLE IF EXISTS \"My Events\", \"My Events_keys\"");
        Run(*LayoutDdl(layout));
        const absl::Status status = ApplyLayout(dsn_, layout);
        EXPECT_TRUE(status.ok()) << status;
      }
    }
  }
}

TEST_F(ApplyLayoutTest, CreatesOnceFromFourThreads) {
  const Layout layout = {.partition_by = PartitionInterval::kHour, .ahead = 5};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const absl::Status status = ApplyLayout(dsn_, layout);
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(std::stoi(Partitions()), 6);  // one more where the hour has changed meanwhile
  EXPECT_LE(std::stoi(Partitions()), 7);
}

TEST_F(ApplyLayoutTest, AddsThePartitionsThatHaveBecomeMissing) {
  Layout layout = {.partition_by = PartitionInterval::kMonth, .fillfactor = 80, .ahead = 0};
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok());
  layout.ahead = 2;
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok()) << ApplyLayout(dsn_, layout);
  EXPECT_EQ(Partitions(), "3");
  EXPECT_EQ(Value("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND 'fillfactor=80' = ANY (reloptions)"), "3");
}

TEST_F(ApplyLayoutTest, PutsStorageParametersOnTheFirstPartitionsOfAnExistingTable) {
  const Layout layout = {.partition_by = PartitionInterval::kDay, .fillfactor = 80, .ahead = 1};
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok());
  Run("DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events'::regclass "
      "LOOP EXECUTE 'DROP TABLE ' || p; END LOOP; END $$");
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok()) << ApplyLayout(dsn_, layout);
  EXPECT_EQ(Value("SELECT count(*) FROM pg_class WHERE 'fillfactor=80' = ANY (reloptions) AND "
                  "'autovacuum_freeze_min_age=0' = ANY (reloptions)"),
            "2");
}

TEST_F(ApplyLayoutTest, ListsEveryDifference) {
  Run("CREATE TABLE orgs (id uuid PRIMARY KEY);"
      "CREATE TABLE events (organization_id text NOT NULL, transaction_id text, external_customer_id text NOT NULL, "
      "code varchar(10) NOT NULL, timestamp timestamptz NOT NULL, properties jsonb NOT NULL, value float8 NOT NULL, "
      "created_at timestamptz NOT NULL, region text NOT NULL, note text, tier int NOT NULL DEFAULT 1);"
      "CREATE UNIQUE INDEX partial ON events (organization_id, transaction_id) WHERE tier = 1;"
      "CREATE INDEX other_order ON events (code, organization_id, timestamp)");
  ExpectDifferences({.foreign_keys = {{.columns = {"organization_id"}, .table = "orgs", .referenced = {}}}},
                    "column \"organization_id\" is text, not uuid; "
                    "column \"transaction_id\" is nullable, not NOT NULL; "
                    "column \"code\" is character varying(10), not text; "
                    "column \"value\" is NOT NULL, not nullable; "
                    "column \"decimal_value\" does not exist; "
                    "column \"region\" is NOT NULL, has no default and is not in the layout; "
                    "there is no unique index on exactly (id); "
                    "there is no unique index on exactly (organization_id, transaction_id); "
                    "there is no B-tree index on (organization_id, code, timestamp); "
                    "there is no B-tree index on (external_customer_id, timestamp); "
                    "there is no foreign key (organization_id) to \"orgs\"");
}

TEST_F(ApplyLayoutTest, ChangesNothingWhereTheTableDiffers) {
  ASSERT_TRUE(ApplyLayout(dsn_, {}).ok());
  ExpectDifferences({.partition_by = PartitionInterval::kDay},
                    "it is not partitioned, the layout is partitioned by RANGE (\"timestamp\"); "
                    "there is no unique index on exactly (id, timestamp)");
  EXPECT_EQ(Value("SELECT to_regclass('events_keys') IS NULL"), "t");
}

TEST_F(ApplyLayoutTest, TellsAnotherPartitioning) {
  const Layout daily = {.partition_by = PartitionInterval::kDay, .indexes = IndexProfile::kLean};
  ASSERT_TRUE(ApplyLayout(dsn_, daily).ok());
  Layout other = daily;
  other.partition_by = PartitionInterval::kWeek;
  ExpectDifferences(other, "its latest partition holds one day, not one week cut in UTC");
  other.partition_by.reset();
  other.dedup = DedupScope::kPerTimestamp;
  ExpectDifferences(other,
                    "it is partitioned by RANGE (\"timestamp\"), the layout is not partitioned; "
                    "there is no unique index on exactly (organization_id, transaction_id, timestamp)");
}

TEST_F(ApplyLayoutTest, TellsAStricterDedup) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.dedup = DedupScope::kGlobal}).ok());
  ExpectDifferences({.dedup = DedupScope::kNone},
                    "there is a unique index on (organization_id, transaction_id), the layout's dedup is none");
}

TEST_F(ApplyLayoutTest, TellsAKeyTableThatDoesNotFit) {
  Run("CREATE TABLE events_keys (organization_id uuid NOT NULL, transaction_id text NOT NULL)");
  const absl::Status status = ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("differs from the layout"), HasSubstr("events_keys"),
                    HasSubstr("no unique index on exactly (organization_id, transaction_id)")));
}

TEST_F(ApplyLayoutTest, FindsForeignKeysThatAreThere) {
  Run("CREATE SCHEMA \"Main\"; CREATE TABLE \"Main\".\"Orgs\" (id uuid PRIMARY KEY, \"the code\" text, UNIQUE (id, "
      "\"the code\"))");
  Layout layout = {
      .partition_by = PartitionInterval::kDay,
      .foreign_keys = {
          {.columns = {"organization_id"}, .table = "Main.Orgs", .referenced = {}},
          {.columns = {"organization_id", "code"}, .table = "Main.Orgs", .referenced = {"id", "the code"}}}};
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok()) << ApplyLayout(dsn_, layout);
  ASSERT_TRUE(ApplyLayout(dsn_, layout).ok()) << ApplyLayout(dsn_, layout);
  layout.foreign_keys[1].columns = {"code", "organization_id"};
  ExpectDifferences(layout, "there is no foreign key (code, organization_id) to \"Main.Orgs\"");
}

TEST_F(ApplyLayoutTest, SaysWhoMayCreatePartitions) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay}).ok());
  Run("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN; GRANT ALL ON events, events_keys TO stranger");
  EXPECT_TRUE(ApplyLayout(dsn_ + " user=stranger", {.partition_by = PartitionInterval::kDay}).ok());
  const absl::Status status =
      ApplyLayout(dsn_ + " user=stranger", {.partition_by = PartitionInterval::kDay, .ahead = 9});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("partitions are missing"), HasSubstr("own")));
}

TEST_F(ApplyLayoutTest, IsSafeFromManyThreadsWhateverTheDefaultIsolation) {
  Run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', "
      "current_database()); END $$");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = ApplyLayout(dsn_, {.dedup = DedupScope::kNone});
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ApplyLayoutTest, RefusesABadLayoutBeforeItConnects) {
  EXPECT_EQ(ApplyLayout("host=/nowhere", {.ahead = -1}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ApplyLayout("host=/nowhere", {}).code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace bxb
