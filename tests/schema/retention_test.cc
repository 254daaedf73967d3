// What becomes of partitions that are too old: archived, dropped, or left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/detach_mark.h"
#include "schema/maintenance_fixture.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kKeepTwo;
using testing::Soon;
using RetentionTest = testing::MaintenanceTest;
using Kind = PartitionChange::Kind;

TEST_F(RetentionTest, DetachesArchivesAndDropsWhatIsTooOld) {
  MakeDays(5);
  std::vector<std::string> archived;
  PartitionOptions options = kKeepTwo;
  options.archive = [&](const DetachedPartition& partition) {
    EXPECT_EQ(Value("SELECT relispartition FROM pg_class WHERE oid = '" + partition.table + "'::regclass"), "f");
    EXPECT_EQ(Value("SELECT count(*) FROM " + partition.table), "1");
    EXPECT_EQ(partition.range, DaysAgo(4 - static_cast<int>(archived.size())));
    archived.push_back(partition.table);
    return absl::OkStatus();
  };
  const auto report = Maintained(options);
  EXPECT_THAT(archived, ElementsAre(LeafOf(4), LeafOf(3)));
  for (const Kind kind : {Kind::kDetached, Kind::kArchived, Kind::kDropped}) EXPECT_EQ(Tables(report, kind), archived);
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_EQ(Attached(), "3");
  EXPECT_EQ(Tables(), "3");
  EXPECT_EQ(Value("SELECT count(*) FROM events"), "3");
}

TEST_F(RetentionTest, HandsOverAgainWhatCouldNotBeArchived) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("the archive is full"); };
  const auto failed = Maintained(options);
  EXPECT_THAT(failed.notes, ElementsAre(HasSubstr("the archive is full")));
  EXPECT_THAT(Tables(failed, Kind::kDropped), IsEmpty());
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "1");
  EXPECT_THAT(Tables(Maintained(kKeepTwo, /*dry_run=*/true), Kind::kDropped), ElementsAre(LeafOf(3)));

  options.archive = [](const DetachedPartition&) { return absl::OkStatus(); };
  const auto later = Maintained(options);
  EXPECT_THAT(Tables(later, Kind::kDetached), IsEmpty());
  EXPECT_THAT(Tables(later, Kind::kArchived), ElementsAre(LeafOf(3)));
  EXPECT_EQ(Value("SELECT to_regclass('" + LeafOf(3) + "')"), "NULL");
}

TEST_F(RetentionTest, LetsNobodyWriteIntoWhatIsBeingArchived) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [&](const DetachedPartition& partition) {
    auto other = Connect(dsn_);
    EXPECT_FALSE(other.Query("BEGIN; SET LOCAL lock_timeout = 100; DELETE FROM " + partition.table, Soon()).ok());
    return absl::OkStatus();
  };
  EXPECT_THAT(Tables(Maintained(options), Kind::kDropped), ElementsAre(LeafOf(3)));
}

TEST_F(RetentionTest, DropsNothingThatHoldsARowWhichIsNotTooOld) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  Run("INSERT INTO " + LeafOf(3) + " VALUES (now())");
  EXPECT_THAT(Maintained(kKeepTwo).notes, ElementsAre(LeafOf(3) + " holds rows that are not too old"));
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "2");
}

TEST_F(RetentionTest, KeepsWhatALargerKeepKeepsAgain) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  EXPECT_THAT(Maintained({.ahead = 0, .keep = 3}).changes, IsEmpty());
  EXPECT_THAT(Maintained({.ahead = 0}).changes, IsEmpty());
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "1");
}

TEST_F(RetentionTest, DropsNoTableOfAnotherOwner) {
  MakeDays(1);
  Run("CREATE ROLE forger; CREATE TABLE forged (at timestamptz); ALTER TABLE forged OWNER TO forger");
  Run("COMMENT ON TABLE "
      "forged IS '" +
      DetachMark(TableOf(), {.oid = Value("SELECT 'forged'::regclass::oid"),
                             .sql_name = "public.forged",
                             .mark = "",
                             .range = DaysAgo(9)}) +
      "'");
  EXPECT_THAT(Maintained(kKeepTwo).changes, IsEmpty());
  EXPECT_EQ(Value("SELECT to_regclass('forged')"), "forged");
}

TEST_F(RetentionTest, LeavesAloneWhatHasGotAnotherNameSinceItWasDetached) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  Run("ALTER TABLE " + LeafOf(3) + " RENAME TO legal_hold");
  const auto report = Maintained(kKeepTwo);
  EXPECT_THAT(report.changes, IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("public.legal_hold is left alone")));
  Run("CREATE TABLE " + LeafOf(3) + " (LIKE legal_hold)");
  Run("DO $$ BEGIN EXECUTE format('COMMENT ON TABLE " + LeafOf(3) +
      " IS %L', obj_description('legal_hold'::regclass)); END $$");
  EXPECT_EQ(Maintained(kKeepTwo).notes.size(), 2) << "another table of its name";
  EXPECT_EQ(Tables(), "4");
}

TEST_F(RetentionTest, ForgetsTheMarkOfWhatTheOwnerHasAttachedAgain) {
  MakeDays(4);
  const std::string bounds =
      Value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '" + LeafOf(3) + "'::regclass");
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  Run("ALTER TABLE events ATTACH PARTITION " + LeafOf(3) + " " + bounds);
  EXPECT_THAT(Maintained({.ahead = 0}, /*dry_run=*/true).changes, IsEmpty());
  EXPECT_EQ(Marks(), "1");
  EXPECT_THAT(Maintained({.ahead = 0}).notes, IsEmpty());
  EXPECT_EQ(Marks(), "0");
  Run("ALTER TABLE events DETACH PARTITION " + LeafOf(3));
  EXPECT_THAT(Maintained(kKeepTwo).changes, IsEmpty());
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "1");
}

TEST_F(RetentionTest, NotesAForeignTable) {
  MakeDays(1,
           "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE far "
           "PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2020-01-01') SERVER s");
  const auto report = Maintained(kKeepTwo);
  EXPECT_THAT(report.notes, ElementsAre("public.far is no table that could be dropped"));
  EXPECT_EQ(Attached(), "2");
}

}  // namespace
}  // namespace bxb::schema
