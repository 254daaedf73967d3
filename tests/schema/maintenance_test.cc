#include "schema/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "absl/time/clock.h"
#include "schema/partition_interval.h"
#include "schema/partition_support.h"
#include "schema/retention.h"
#include "support/pgbouncer.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Soon;

using Kind = PartitionChange::Kind;

/// The table `events` with days up to today, one row in each at noon.
class MaintenanceTest : public testing::PartitionTest {
 protected:
  void MakeDays(int days, const std::string& more = "") {
    Run("CREATE TABLE events (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);" + more);
    std::vector<TimeRange> ranges;
    for (int i = days - 1; i >= 0; --i) ranges.push_back(DaysAgo(i));
    ASSERT_EQ(Create(ranges).value().size(), days);
    for (const TimeRange& range : ranges) {
      Run("INSERT INTO events VALUES ('" + TimeText(range.from + absl::Hours(12), true) + "')");
    }
  }

  TimeRange DaysAgo(int days) const { return RangeOf(PartitionInterval::kDay, today_ - days * absl::Hours(24)); }

  std::string LeafOf(int days_ago) const { return "public.events" + NameSuffix(DaysAgo(days_ago)); }

  MaintenanceReport Maintained(const PartitionOptions& options, bool dry_run = false) {
    auto report = MaintainPartitions(dsn_, "events", options, dry_run);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(MaintenanceReport{});
  }

  static std::vector<std::string> Tables(const MaintenanceReport& report, Kind kind) {
    std::vector<std::string> tables;
    for (const PartitionChange& change : report.changes) {
      if (change.kind == kind) tables.push_back(change.table);
    }
    return tables;
  }

  void Becomes(const std::string& sql, const std::string& value) const {
    const auto until = Soon();
    while (Value(sql) != value && pq::Deadline::clock::now() < until) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(Value(sql), value) << sql;
  }

  /// Gives the name of the oldest of four days to today's partition.
  std::string SwapSql() const {
    const std::string oldest = "events" + NameSuffix(DaysAgo(3)), today = "events" + NameSuffix(DaysAgo(0));
    return "ALTER TABLE " + oldest + " RENAME TO events_p; ALTER TABLE " + today + " RENAME TO " + oldest;
  }

  std::string Marks() const { return Value("SELECT count(*) FROM pg_description WHERE description LIKE 'bxb: %'"); }
  std::string Attached() const { return Value("SELECT count(*) FROM pg_inherits"); }
  std::string Tables() const { return Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'events_p%'"); }

  const absl::Time today_ = absl::Now();
};

const PartitionOptions kKeepTwo = {.ahead = 0, .keep = 2};

TEST_F(MaintenanceTest, CreatesAhead) {
  MakeDays(1);
  const auto report = Maintained({.ahead = 3});
  EXPECT_THAT(Tables(report, Kind::kCreated), ElementsAre(LeafOf(-1), LeafOf(-2), LeafOf(-3)));
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_THAT(Maintained({.ahead = 3}).changes, IsEmpty()) << "the second time";
}

TEST_F(MaintenanceTest, DetachesArchivesAndDropsWhatIsTooOld) {
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

TEST_F(MaintenanceTest, DetachesPlainlyBesideADefaultPartition) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
  EXPECT_EQ(Attached(), "4");
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

TEST_F(MaintenanceTest, HandsOverAgainWhatCouldNotBeArchived) {
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

TEST_F(MaintenanceTest, LetsNobodyWriteIntoWhatIsBeingArchived) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [&](const DetachedPartition& partition) {
    auto other = Connect(dsn_);
    EXPECT_FALSE(other.Query("BEGIN; SET LOCAL lock_timeout = 100; DELETE FROM " + partition.table, Soon()).ok());
    return absl::OkStatus();
  };
  EXPECT_THAT(Tables(Maintained(options), Kind::kDropped), ElementsAre(LeafOf(3)));
}

TEST_F(MaintenanceTest, DropsNothingThatHoldsARowWhichIsNotTooOld) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  Run("INSERT INTO " + LeafOf(3) + " VALUES (now())");
  EXPECT_THAT(Maintained(kKeepTwo).notes, ElementsAre(LeafOf(3) + " holds rows that are not too old"));
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "2");
}

TEST_F(MaintenanceTest, KeepsWhatALargerKeepKeepsAgain) {
  MakeDays(4);
  PartitionOptions options = kKeepTwo;
  options.archive = [](const DetachedPartition&) { return absl::UnavailableError("not yet"); };
  (void)Maintained(options);
  EXPECT_THAT(Maintained({.ahead = 0, .keep = 3}).changes, IsEmpty());
  EXPECT_THAT(Maintained({.ahead = 0}).changes, IsEmpty());
  EXPECT_EQ(Value("SELECT count(*) FROM " + LeafOf(3)), "1");
}

TEST_F(MaintenanceTest, DropsNoTableOfAnotherOwner) {
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

TEST_F(MaintenanceTest, LeavesALongTransactionAloneAndComesAgain) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  const auto blocked = Maintained(kKeepTwo);
  EXPECT_THAT(blocked.changes, IsEmpty());
  EXPECT_THAT(blocked.notes, ElementsAre(HasSubstr("goes on for too long")));
  EXPECT_TRUE(user.Query("SELECT * FROM events; COMMIT", Soon()).ok());
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
}

TEST_F(MaintenanceTest, WaitsForAShortTransaction) {
  MakeDays(4);
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  std::thread ending([&] { EXPECT_TRUE(user.Query("SELECT pg_sleep(0.5); COMMIT", Soon()).ok()); });
  EXPECT_THAT(Tables(Maintained(kKeepTwo), Kind::kDropped), ElementsAre(LeafOf(3)));
  ending.join();
}

TEST_F(MaintenanceTest, DetachesNoPartitionThatWasGivenTheName) {
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

TEST_F(MaintenanceTest, AttachesAgainWhatWasDetachedByANameThatItWasGiven) {
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

TEST_F(MaintenanceTest, LeavesAloneWhatHasGotAnotherNameSinceItWasDetached) {
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

TEST_F(MaintenanceTest, ForgetsTheMarkOfWhatTheOwnerHasAttachedAgain) {
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

TEST_F(MaintenanceTest, TakesTheMarkBackWhereDetachingFails) {
  MakeDays(4);
  Run("CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_query() LIKE "
      "'%CONCURRENTLY' THEN RAISE 'not today'; END IF; END $$; CREATE EVENT TRIGGER refusing ON ddl_command_start "
      "WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()");
  EXPECT_THAT(Maintained(kKeepTwo).notes, ElementsAre(HasSubstr("not today")));
  EXPECT_EQ(Attached(), "4");
  EXPECT_EQ(Marks(), "0");
}

TEST_F(MaintenanceTest, FinishesADetachThatWasInterrupted) {
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

TEST_F(MaintenanceTest, LeavesALongTransactionAloneBesideADefaultPartitionToo) {
  MakeDays(4, "CREATE TABLE rest PARTITION OF events DEFAULT");
  auto user = Connect(dsn_);
  ASSERT_TRUE(user.Query("BEGIN; SELECT * FROM events", Soon()).ok());
  const auto blocked = Maintained(kKeepTwo);
  EXPECT_THAT(blocked.changes, IsEmpty());
  EXPECT_THAT(blocked.notes, ElementsAre(HasSubstr("lock timeout")));
  EXPECT_EQ(Value("SELECT obj_description('" + LeafOf(3) + "'::regclass)"), "NULL");
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

TEST_F(MaintenanceTest, NotesAForeignTable) {
  MakeDays(1,
           "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE far "
           "PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2020-01-01') SERVER s");
  const auto report = Maintained(kKeepTwo);
  EXPECT_THAT(report.notes, ElementsAre("public.far is no table that could be dropped"));
  EXPECT_EQ(Attached(), "2");
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
