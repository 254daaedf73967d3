#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "bxb/bxb.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb {

struct Reading {
  std::int64_t sensor = 0;
  absl::Time at;
  Decimal celsius;
};

template <>
struct RowOf<Reading> {
  static constexpr std::string_view table = "Readings of All";
  static constexpr auto columns = Columns(Column("Sensor Id", &Reading::sensor, kKey),
                                          Column("at", &Reading::at, kTime), Column("celsius", &Reading::celsius));
};

struct Line {
  std::string_view text;
};

template <>
struct RowOf<Line> {
  static constexpr std::string_view table = "lines";
  static constexpr auto columns = Columns(Column("text", &Line::text));
};

namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InspectReportTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql) { testing::Sql(dsn_, sql); }

  template <class Row>
  TableReport Report(const std::string& table = {}) {
    auto report = Inspect<Row>(dsn_, table);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : TableReport();
  }

  /// What Open says of the table must be what the report says.
  template <class Row>
  void ExpectOpenToAgree(const TableReport& report, const std::string& dsn) {
    const auto writer = Writer<Row>::Open({.dsn = dsn});
    EXPECT_EQ(writer.ok(), report.usable()) << writer.status() << "\n" << report;
    for (const std::string& problem : report.problems) {
      EXPECT_THAT(std::string(writer.status().message()), HasSubstr(problem));
    }
  }

  static std::string UseOf(const TableReport& report, const std::string& column) {
    const auto found = std::ranges::find(report.columns, column, &TableReport::Column::name);
    return found == report.columns.end() ? "missing" : found->problem.empty() ? found->use : "! " + found->problem;
  }

  static std::string IndexUseOf(const TableReport& report, const std::string& index) {
    const auto found = std::ranges::find(report.indexes, index, &TableReport::Index::name);
    return found == report.indexes.end() ? "missing" : found->use;
  }

  std::string NewRole(const std::string& grants) {
    const std::string role = "r" + testing::SqlValue(dsn_,
                                                     "SELECT oid FROM pg_database WHERE datname = "
                                                     "current_database()");
    Run("CREATE ROLE " + role + " LOGIN");
    if (!grants.empty()) Run(grants + " TO " + role);
    return role;
  }

  const std::string dsn_ = testing::FreshDatabase();
};

TEST_F(InspectReportTest, FindsTheBuiltInTableReady) {
  ASSERT_TRUE(ApplyLayout(dsn_, {}).ok());
  const TableReport report = Report<Event>();
  EXPECT_TRUE(report.usable());
  EXPECT_THAT(report.warnings, IsEmpty());
  EXPECT_EQ(report.table, "public.events");
  EXPECT_EQ(report.dedup, DedupScope::kGlobal);
  EXPECT_FALSE(report.key_table);
  EXPECT_EQ(report.partitioned_by, "");
  EXPECT_EQ(UseOf(report, "id"), "gets its default");
  EXPECT_EQ(UseOf(report, "organization_id"), "written from Uuid, dedup key");
  EXPECT_EQ(UseOf(report, "timestamp"), "written from absl::Time, time");
  EXPECT_EQ(IndexUseOf(report, "events_organization_id_transaction_id_key"), "dedup, global");
  EXPECT_EQ(IndexUseOf(report, "events_pkey"), "another unique index: what violates it is rejected");
  EXPECT_EQ(IndexUseOf(report, "events_organization_id_code_timestamp_idx"), "for queries");
  ExpectOpenToAgree<Event>(report, dsn_);
}

TEST_F(InspectReportTest, FindsPartitionsAndTheKeyTable) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.table = "usage", .partition_by = PartitionInterval::kWeek, .ahead = 1}).ok());
  const TableReport report = Report<Event>("usage");
  EXPECT_TRUE(report.usable());
  EXPECT_EQ(report.dedup, DedupScope::kGlobal);
  EXPECT_TRUE(report.key_table);
  EXPECT_EQ(report.partitioned_by, "RANGE (\"timestamp\")");
  EXPECT_EQ(report.interval, PartitionInterval::kWeek);
  EXPECT_EQ(report.partitions, 2);
  EXPECT_EQ(report.direct_partitions, 2);
  EXPECT_FALSE(report.default_partition);
  EXPECT_THAT(report.warnings, IsEmpty());
}

TEST_F(InspectReportTest, TakesATableOfAnotherShape) {
  Run("CREATE TABLE \"Readings of All\" (note text, celsius numeric(5,1), seen int NOT NULL DEFAULT 0, "
      "\"at\" timestamp, twice numeric GENERATED ALWAYS AS (celsius * 2) STORED, \"Sensor Id\" bigint);"
      "CREATE UNIQUE INDEX \"Key\" ON \"Readings of All\" (\"Sensor Id\")");
  const TableReport report = Report<Reading>();
  EXPECT_TRUE(report.usable()) << report;
  EXPECT_EQ(report.table, "public.\"Readings of All\"");
  EXPECT_EQ(UseOf(report, "note"), "gets NULL");
  EXPECT_EQ(UseOf(report, "seen"), "gets its default");
  EXPECT_EQ(UseOf(report, "twice"), "generated");
  EXPECT_EQ(UseOf(report, "celsius"), "written from Decimal");
  EXPECT_EQ(IndexUseOf(report, "Key"), "dedup, global");
  EXPECT_THAT(report.warnings, ElementsAre("column \"celsius\" is numeric(5,1): the server rounds what is finer"));
  ExpectOpenToAgree<Reading>(report, dsn_);
}

TEST_F(InspectReportTest, OffersDedupPerTimestamp) {
  Run("CREATE TABLE \"Readings of All\" (\"Sensor Id\" bigint, at timestamptz, celsius numeric, UNIQUE (at, \"Sensor "
      "Id\")) PARTITION BY RANGE (at)");
  const TableReport report = Report<Reading>();
  EXPECT_TRUE(report.usable()) << report;
  EXPECT_EQ(report.dedup, DedupScope::kPerTimestamp);
  EXPECT_EQ(UseOf(report, "at"), "written from absl::Time, dedup key, time");
  EXPECT_EQ(report.indexes.at(0).use, "dedup, per timestamp");
}

TEST_F(InspectReportTest, TakesNoRoundedTimeForAKey) {
  Run("CREATE TABLE \"Readings of All\" (\"Sensor Id\" bigint, at timestamptz(3), celsius numeric, "
      "UNIQUE (at, \"Sensor Id\"))");
  const TableReport report = Report<Reading>();
  EXPECT_EQ(report.dedup, std::nullopt);
  EXPECT_THAT(report.problems, ElementsAre("it has no unique index on exactly (Sensor Id), the dedup key, "
                                           "nor one on (Sensor Id, at)"));
  ExpectOpenToAgree<Reading>(report, dsn_);
}

TEST_F(InspectReportTest, GathersAllProblems) {
  Run("CREATE TABLE events (organization_id uuid, transaction_id text, external_customer_id text, code int, "
      "timestamp timestamptz, properties jsonb, value float8, region text NOT NULL); "
      "CREATE RULE ignore AS ON INSERT TO events DO INSTEAD NOTHING");
  const TableReport report = Report<Event>();
  EXPECT_THAT(report.problems,
              ElementsAre("column \"code\" is integer, which cannot hold std::string_view exactly",
                          "column \"decimal_value\" does not exist",
                          "column \"region\" is NOT NULL, has no default and is not in the row",
                          "it has rules, which COPY would pass by",
                          "it has no unique index on exactly (organization_id, transaction_id), the dedup "
                          "key, nor one on (organization_id, transaction_id, timestamp)"));
  EXPECT_EQ(UseOf(report, "code"), "! is integer, which cannot hold std::string_view exactly");
  EXPECT_EQ(UseOf(report, "decimal_value"), "! does not exist");
  ExpectOpenToAgree<Event>(report, dsn_);
}

TEST_F(InspectReportTest, ListsEveryMissingPrivilege) {
  ASSERT_TRUE(ApplyLayout(dsn_, {}).ok());
  const std::string role = NewRole(
      "GRANT INSERT (organization_id, transaction_id, code, timestamp, properties), "
      "SELECT (organization_id) ON events");
  Run("REVOKE TEMPORARY ON DATABASE " + testing::SqlValue(dsn_, "SELECT current_database()") + " FROM PUBLIC");
  const std::string dsn = dsn_ + " user=" + role;
  const auto report = Inspect<Event>(dsn);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems,
              ElementsAre("columns \"external_customer_id\", \"value\", \"decimal_value\" cannot be written: no INSERT "
                          "privilege",
                          "column \"transaction_id\" cannot be read back to tell duplicates: no SELECT privilege",
                          "column \"id\" cannot get its default: no USAGE privilege on sequence events_id_seq",
                          "merging duplicates needs the TEMPORARY privilege on the database"));
  ExpectOpenToAgree<Event>(*report, dsn);
  EXPECT_EQ(EventWriter::Open({.dsn = dsn}).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(InspectReportTest, IsContentWithColumnPrivileges) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.indexes = IndexProfile::kLean}).ok());
  const std::string role = NewRole(
      "GRANT INSERT (organization_id, transaction_id, external_customer_id, code, timestamp, properties, "
      "value, decimal_value), SELECT (organization_id, transaction_id) ON events");
  const auto report = Inspect<Event>(dsn_ + " user=" + role);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->usable()) << *report;
  ExpectOpenToAgree<Event>(*report, dsn_ + " user=" + role);
}

TEST_F(InspectReportTest, SaysWhyAUniqueIndexIsNoUse) {
  Run("CREATE TABLE \"Readings of All\" (\"Sensor Id\" bigint, at timestamptz, celsius numeric);"
      "CREATE UNIQUE INDEX partial ON \"Readings of All\" (\"Sensor Id\") WHERE celsius > 0;"
      "CREATE UNIQUE INDEX expression ON \"Readings of All\" (abs(\"Sensor Id\"));"
      "ALTER TABLE \"Readings of All\" ADD CONSTRAINT later UNIQUE (\"Sensor Id\") DEFERRABLE");
  const TableReport report = Report<Reading>();
  EXPECT_FALSE(report.usable());
  EXPECT_EQ(IndexUseOf(report, "partial"), "none: partial");
  EXPECT_EQ(IndexUseOf(report, "expression"), "none: on an expression");
  EXPECT_EQ(IndexUseOf(report, "later"), "none: deferrable");
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("unique index \"expression\" is on an expression"),
                                           HasSubstr("unique index \"later\" is deferrable"),
                                           HasSubstr("unique index \"partial\" is partial: no use for dedup")));
}

TEST_F(InspectReportTest, WarnsOfWhatIsNotSeenOtherwise) {
  Run("CREATE UNLOGGED TABLE lines (text text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN RETURN NULL; END'; CREATE TRIGGER dropping BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION f();"
      "CREATE TRIGGER after AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION f()");
  EXPECT_THAT(Report<Line>().warnings, ElementsAre("it is unlogged: a crash of the server empties it",
                                                   HasSubstr("trigger \"dropping\" runs before each row is inserted"),
                                                   HasSubstr("no ledger (bxb_ledger)")));
}

TEST_F(InspectReportTest, WarnsOfPartitionsThatAreSlowOrInTheWay) {
  Run("CREATE TABLE \"Readings of All\" (n bigint GENERATED ALWAYS AS IDENTITY, \"Sensor Id\" bigint, at timestamptz, "
      "celsius numeric, UNIQUE (\"Sensor Id\", at)) PARTITION BY RANGE (at);"
      "CREATE TABLE r1 PARTITION OF \"Readings of All\" FOR VALUES FROM ('2026-01-01 00:00+00') TO "
      "('2026-01-02 00:00+00');"
      "CREATE UNLOGGED TABLE r2 PARTITION OF \"Readings of All\" FOR VALUES FROM ('2026-01-02 00:00+00') TO "
      "('2026-01-03 00:00+00');"
      "CREATE RULE r AS ON INSERT TO r2 DO INSTEAD NOTHING;"
      "CREATE TABLE rest PARTITION OF \"Readings of All\" DEFAULT");
  const TableReport report = Report<Reading>();
  EXPECT_TRUE(report.default_partition);
  EXPECT_EQ(report.partitions, 2);
  EXPECT_EQ(report.interval, PartitionInterval::kDay);
  EXPECT_THAT(report.warnings,
              AllOf(Contains(HasSubstr("a partition is unlogged")), Contains(HasSubstr("there is a DEFAULT partition")),
                    Contains(HasSubstr("partitions cannot be copied into directly"))));
  const bool before17 = testing::SqlValue(dsn_, "SELECT current_setting('server_version_num')::int < 170000") == "t";
  EXPECT_EQ(std::ranges::any_of(report.warnings, [](const auto& w) { return w.find("identity") != w.npos; }), before17);
}

TEST_F(InspectReportTest, WarnsOfAnotherPartitioning) {
  Run("CREATE TABLE \"Readings of All\" (\"Sensor Id\" bigint UNIQUE, at timestamptz, celsius numeric) "
      "PARTITION BY LIST (\"Sensor Id\"); CREATE TABLE one PARTITION OF \"Readings of All\" FOR VALUES IN (1)");
  const TableReport report = Report<Reading>();
  EXPECT_EQ(report.partitioned_by, "LIST (\"Sensor Id\")");
  EXPECT_EQ(report.partitions, 1);
  EXPECT_EQ(report.direct_partitions, 0);
  EXPECT_EQ(report.interval, std::nullopt);
  EXPECT_THAT(report.warnings, Contains("1 of 1 partitions cannot be copied into directly: their rows go through the "
                                        "table itself, which is slower"));
}

TEST_F(InspectReportTest, HasAProblemWithAKeyTableThatDoesNotFit) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay, .dedup = DedupScope::kPerTimestamp}).ok());
  Run("CREATE TABLE events_keys (organization_id text)");
  const TableReport report = Report<Event>();
  EXPECT_EQ(report.dedup, DedupScope::kPerTimestamp);
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("key table public.events_keys: ")));
}

class KeyTableTest : public InspectReportTest {
 protected:
  void SetUp() override { ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay}).ok()); }
};

TEST_F(KeyTableTest, MayHaveNoTriggerThatDropsKeys) {
  Run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
      "CREATE TRIGGER dropping BEFORE INSERT ON events_keys FOR EACH ROW EXECUTE FUNCTION f();"
      "CREATE TRIGGER counting AFTER INSERT ON events_keys FOR EACH ROW EXECUTE FUNCTION f();"
      "CREATE TRIGGER guarding BEFORE DELETE ON events_keys FOR EACH ROW EXECUTE FUNCTION f()");
  const TableReport report = Report<Event>();
  EXPECT_THAT(report.problems, Contains("key table public.events_keys: trigger \"dropping\" may keep keys out of it"));
  EXPECT_EQ(EventWriter::Open({.dsn = dsn_}).status().code(), StatusCode::kFailedPrecondition);
  Run("ALTER TABLE events_keys DISABLE TRIGGER dropping");
  EXPECT_TRUE(Report<Event>().usable());
}

TEST_F(KeyTableTest, MustHaveTheTablesCollations) {
  Run("ALTER TABLE events_keys ALTER transaction_id TYPE text COLLATE \"POSIX\"");
  EXPECT_THAT(Report<Event>().problems,
              Contains("key table public.events_keys: column \"transaction_id\" has collation "
                       "pg_catalog.\"POSIX\", not collation pg_catalog.\"C\""));
  Run("ALTER TABLE events_keys ALTER transaction_id TYPE text COLLATE \"default\"");
  EXPECT_THAT(Report<Event>().problems, Contains(HasSubstr("has the collation of its type, not")));
}

TEST_F(KeyTableTest, MustBeATable) {
  Run("DROP TABLE events_keys; CREATE VIEW events_keys AS SELECT 1 AS a");
  EXPECT_THAT(Report<Event>().problems, Contains("key table \"public\".\"events_keys\" is not a table"));
  EXPECT_EQ(EventWriter::Open({.dsn = dsn_}).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(KeyTableTest, IsNotTheTableItselfWhereItsNameIsTooLong) {
  const std::string name(63, 'e');
  Run("CREATE TABLE " + name +
      " (LIKE events INCLUDING DEFAULTS, UNIQUE (organization_id, transaction_id, timestamp)) PARTITION BY RANGE "
      "(timestamp)");
  const TableReport report = Report<Event>(name);
  EXPECT_TRUE(report.usable()) << report;
  EXPECT_FALSE(report.key_table);
  EXPECT_EQ(report.dedup, DedupScope::kPerTimestamp);
}

TEST_F(InspectReportTest, SaysNotFoundForAMissingTable) {
  EXPECT_EQ(Inspect<Line>(dsn_).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Inspect<Line>("host=/nowhere").status().code(), StatusCode::kUnavailable);
}

TEST_F(InspectReportTest, PrintsAGoodTable) {
  ASSERT_TRUE(ApplyLayout(dsn_, {}).ok());
  std::ostringstream out;
  out << Report<Event>();
  EXPECT_EQ(out.str(), R"(table public.events: can be written to
columns
  id                    bigint                    gets its default
  organization_id       uuid                      written from Uuid, dedup key
  transaction_id        text                      written from std::string_view, dedup key
  external_customer_id  text                      written from std::string_view
  code                  text                      written from std::string_view
  timestamp             timestamp with time zone  written from absl::Time, time
  properties            jsonb                     written from std::string_view
  value                 double precision          written from std::optional<double>
  decimal_value         numeric                   written from std::optional<Decimal>
  created_at            timestamp with time zone  gets its default
indexes
  events_external_customer_id_timestamp_idx  btree (external_customer_id, "timestamp")   for queries
  events_organization_id_code_timestamp_idx  btree (organization_id, code, "timestamp")  for queries
  events_organization_id_transaction_id_key  btree (organization_id, transaction_id)     dedup, global
  events_pkey                                btree (id)                                  another unique index: what violates it is rejected
dedup       global, by a unique index
partitions  none
)");
}

TEST_F(InspectReportTest, PrintsABadTable) {
  ASSERT_TRUE(ApplyLayout(dsn_, {.partition_by = PartitionInterval::kDay, .indexes = IndexProfile::kLean}).ok());
  Run("ALTER TABLE events DROP COLUMN decimal_value, ALTER value TYPE numeric(10,2);"
      "CREATE TABLE rest PARTITION OF events DEFAULT");
  std::ostringstream out;
  out << Report<Event>();
  EXPECT_EQ(out.str(), R"(table public.events: CANNOT be written to, see the problems
columns
  organization_id       uuid                      written from Uuid, dedup key
  transaction_id        text                      written from std::string_view, dedup key
  external_customer_id  text                      written from std::string_view
  code                  text                      written from std::string_view
  timestamp             timestamp with time zone  written from absl::Time, time
  properties            jsonb                     written from std::string_view
  value                 numeric(10,2)             PROBLEM: is numeric(10,2), which cannot hold std::optional<double> exactly
  created_at            timestamp with time zone  gets its default
  decimal_value                                   PROBLEM: does not exist
indexes
  events_organization_id_code_timestamp_idx  btree (organization_id, code, "timestamp")  for queries
dedup       global, by the key table
partitions  4 by RANGE ("timestamp"), one day each, and a DEFAULT one, 4 of them written to directly
problems
  - column "value" is numeric(10,2), which cannot hold std::optional<double> exactly
  - column "decimal_value" does not exist
warnings
  - there is a DEFAULT partition: no partition can be created for a time that it holds rows of, each new one scans it, and none can be detached concurrently
)");
}

}  // namespace
}  // namespace bxb
