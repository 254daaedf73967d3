// How partitions that are too old are taken out of their table, whoever is in the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "schema/maintenance_fixture.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kKeepTwo;
using testing::Soon;
using DetachTest = testing::MaintenanceTest;
using Kind = PartitionChange::Kind;

TEST_F(DetachTest, DetachesPlainlyBesideADefaultPartition) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
  EXPECT_EQ(Attached(), "4");
}

TEST_F(DetachTest, LeavesALongTransactionAloneAndComesAgain) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  const auto blocked = Maintained(kKeepTwo);
  EXPECT_THAT(blocked.changes, IsEmpty());
  EXPECT_THAT(blocked.notes, ElementsAre(HasSubstr("goes on for too long")));
  EXPECT_TRUE(user.Query("SELECT * FROM events; COMMIT", Soon()).ok());
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
}

TEST_F(DetachTest, LeavesALongTransactionAloneBesideADefaultPartitionToo) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  const auto blocked = Maintained(kKeepTwo);
  EXPECT_THAT(blocked.changes, IsEmpty());
  EXPECT_THAT(blocked.notes, ElementsAre(HasSubstr("lock timeout")));
  EXPECT_EQ(Value("SELECT obj_description('" + LeafOf(3) + "'::regclass)"), "NULL");
}

TEST_F(DetachTest, WaitsForAShortTransaction) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  std::thread ending([&] { EXPECT_TRUE(user.Query("SELECT pg_sleep(0.5); COMMIT", Soon()).ok()); });
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
  ending.join();
}

TEST_F(DetachTest, DetachesNoPartitionThatWasGivenTheName) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT FROM ONLY events", Soon()).ok());
  std::thread swapping([&] {
    Becomes(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'bxb' AND query LIKE "
        "'%virtualtransaction%' AND datname = current_database()",
        "t");
    Run(SwapSql());
    EXPECT_TRUE(user.Query("COMMIT", Soon()).ok());
  });
  const auto report = Maintained(kKeepTwo);
  swapping.join();
  EXPECT_THAT(report.changes, IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre(LeafOf(3) + " is not the partition any more that it was"));
  EXPECT_EQ(Value("SELECT count(*) FROM events"), "4");
  EXPECT_EQ(Marks(), "0");
}

TEST_F(DetachTest, AttachesAgainWhatWasDetachedByANameThatItWasGiven) {
  MakeDays(4);
  const std::string before = Value("SELECT string_agg(pg_get_expr(relpartbound, oid), ' ' ORDER BY oid) FROM pg_class");
  // As late as can be: when the detaching has begun.
  Run("CREATE FUNCTION swap() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF current_query() LIKE '%CONCURRENTLY' AND current_setting('my.swapped', true) IS DISTINCT FROM 'yes' THEN "
      "PERFORM set_config('my.swapped', 'yes', false); " +
      SwapSql() +
      "; END IF; END $$; CREATE EVENT TRIGGER swapping ON ddl_command_start WHEN TAG IN ('ALTER TABLE') "
      "EXECUTE FUNCTION swap()");
  const auto report = Maintained(kKeepTwo);
  EXPECT_THAT(report.changes, IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("what has its name now was detached, and attached again")));
  EXPECT_EQ(Value("SELECT string_agg(pg_get_expr(relpartbound, oid), ' ' ORDER BY oid) FROM pg_class"), before);
  EXPECT_EQ(Value("SELECT count(*) FROM events"), "4");
  EXPECT_EQ(Marks(), "0");
}

TEST_F(DetachTest, TakesTheMarkBackWhereDetachingFails) {
  MakeDays(4);
  Run("CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_query() LIKE "
      "'%CONCURRENTLY' THEN RAISE 'not today'; END IF; END $$; CREATE EVENT TRIGGER refusing ON ddl_command_start "
      "WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()");
  EXPECT_THAT(Maintained(kKeepTwo).notes, ElementsAre(HasSubstr("not today")));
  EXPECT_EQ(Attached(), "4");
  EXPECT_EQ(Marks(), "0");
}

TEST_F(DetachTest, FinishesADetachThatWasInterrupted) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  auto other = Connect(dsn_);
  ASSERT_TRUE(other.Query("SET lock_timeout = 300", Soon()).ok());
  EXPECT_FALSE(other.Query("ALTER TABLE events DETACH PARTITION " + LeafOf(3) + " CONCURRENTLY", Soon()).ok());
  ASSERT_EQ(Value("SELECT count(*) FROM pg_inherits WHERE inhdetachpending"), "1");
  EXPECT_EQ(Map().partitions().size(), 3) << "it is no partition any more";
  EXPECT_THAT(Tables(Maintained({.ahead = 0}, /*dry_run=*/true), Kind::kDetached), ElementsAre(LeafOf(3)));
  EXPECT_THAT(Maintained({.ahead = 0}).notes, ElementsAre(HasSubstr("goes on for too long")));
  ASSERT_TRUE(user.Query("COMMIT", Soon()).ok());
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDetached), ElementsAre(LeafOf(3)));
  EXPECT_EQ(Value("SELECT relispartition FROM pg_class WHERE oid = '" + LeafOf(3) + "'::regclass"), "f");
  EXPECT_THAT(Maintained(kKeepTwo).changes, IsEmpty()) << "whoever began it may want to have it";
}

}  // namespace
}  // namespace bxb::schema
