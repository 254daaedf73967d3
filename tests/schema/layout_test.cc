#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/civil_time.h"
#include "bxb/bxb.h"
#include "schema/key_table.h"
#include "schema/ledger.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr DedupScope kScopes[] = {DedupScope::kNone, DedupScope::kPerTimestamp, DedupScope::kGlobal};
constexpr IndexProfile kProfiles[] = {IndexProfile::kSeed, IndexProfile::kLean, IndexProfile::kAppend};
const std::optional<PartitionInterval> kIntervals[] = {std::nullopt, PartitionInterval::kHour, PartitionInterval::kDay,
                                                       PartitionInterval::kWeek, PartitionInterval::kMonth};

const absl::Time kNewYear = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());

std::string Describe(const Layout& layout) {
  return fmt::format("{}, {}, {}", layout.partition_by.has_value() ? Name(*layout.partition_by) : "plain",
                     Name(layout.indexes), Name(layout.dedup));
}

std::string Ddl(const Layout& layout, absl::Time now = kNewYear) { return LayoutDdl(layout, now).value(); }

void ForEachLayout(const std::function<void(Layout)>& body) {
  int number = 0;
  for (const auto& interval : kIntervals) {
    for (const IndexProfile profile : kProfiles) {
      for (const DedupScope scope : kScopes) {
        Layout layout = {.table = fmt::format("s{}.Odd\"Name", number++),
                         .partition_by = interval,
                         .indexes = profile,
                         .dedup = scope};
        SCOPED_TRACE(Describe(layout));
        body(std::move(layout));
      }
    }
  }
}

TEST(LayoutDdl, TakesNoTimeThatHasNoPartition) {
  const absl::Time after = absl::FromCivil(absl::CivilYear(10'000), absl::UTCTimeZone());
  for (const absl::Time now : {absl::InfiniteFuture(), absl::InfinitePast(), after}) {
    const absl::Status status = LayoutDdl({.partition_by = PartitionInterval::kDay}, now).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << now;
    EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("now is ")) << now;
    EXPECT_TRUE(LayoutDdl({}, now).ok()) << "a plain table has no time";
  }
  EXPECT_TRUE(LayoutDdl({.partition_by = PartitionInterval::kMonth}, after - absl::Seconds(1)).ok());
}

TEST(LayoutDdl, IsReadable) {
  EXPECT_EQ(Ddl({.table = "billing.events",
                 .partition_by = PartitionInterval::kDay,
                 .foreign_keys = {{.columns = {"organization_id"}, .table = "organizations", .referenced = {"id"}}},
                 .ahead = 0}),
            R"(CREATE TABLE "billing"."events" (
  "id" bigserial,
  "organization_id" uuid NOT NULL,
  "transaction_id" text COLLATE "C" NOT NULL,
  "external_customer_id" text COLLATE "C" NOT NULL,
  "code" text COLLATE "C" NOT NULL,
  "timestamp" timestamptz NOT NULL,
  "properties" jsonb NOT NULL DEFAULT '{}',
  "value" double precision,
  "decimal_value" numeric,
  "created_at" timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY ("id", "timestamp"),
  FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id")
) PARTITION BY RANGE ("timestamp");
CREATE INDEX ON "billing"."events" ("organization_id", "code", "timestamp");
CREATE INDEX ON "billing"."events" ("external_customer_id", "timestamp");

CREATE TABLE "billing"."events_p20260101" PARTITION OF "billing"."events"
FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-01-02 00:00:00+00')
WITH (autovacuum_vacuum_insert_threshold = 1000000, autovacuum_vacuum_insert_scale_factor = 0,
      autovacuum_analyze_threshold = 500000, autovacuum_analyze_scale_factor = 0, autovacuum_freeze_min_age = 0);

CREATE TABLE "billing"."events_keys" (
  "organization_id" uuid NOT NULL,
  "transaction_id" text COLLATE "C" NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY ("organization_id", "transaction_id")
);
CREATE INDEX ON "billing"."events_keys" USING brin (written_at);
)");
}

TEST(LayoutDdl, HasTheLedgerOfATableWithoutDedup) {
  EXPECT_THAT(Ddl({.dedup = DedupScope::kNone}), ::testing::EndsWith(R"(
CREATE TABLE IF NOT EXISTS "bxb_ledger" (
  batch uuid CONSTRAINT bxb_ledger_pkey PRIMARY KEY,
  committed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS bxb_ledger_committed_at_idx ON "bxb_ledger" USING brin (committed_at);
)"));
}

TEST(LayoutDdl, NamesNoSchemaWhereTheLayoutNamesNone) {
  for (const auto& layout : {Layout{.partition_by = PartitionInterval::kMonth}, Layout{.dedup = DedupScope::kNone}}) {
    EXPECT_THAT(Ddl(layout), Not(HasSubstr("\".\"")));
  }
}

TEST(LayoutDdl, RunsForEveryCombination) {
  const std::string dsn = testing::FreshDatabase();
  ForEachLayout([&](const Layout& layout) {
    const std::string schema = layout.table.substr(0, layout.table.find('.'));
    testing::Sql(dsn, "CREATE SCHEMA " + schema);
    testing::Sql(dsn, Ddl(layout));
    EXPECT_EQ(testing::SqlValue(
                  dsn, "SELECT count(*) FROM pg_inherits WHERE inhparent = '" + schema + ".\"Odd\"\"Name\"'::regclass"),
              layout.partition_by.has_value() ? "4" : "0");
    testing::Sql(dsn, "INSERT INTO " + schema +
                          ".\"Odd\"\"Name\" (organization_id, transaction_id, external_customer_id, code, timestamp) "
                          "VALUES (gen_random_uuid(), 't', 'c', 'x', '2026-01-01 00:00+00')");
  });
}

TEST(LayoutDdl, OffersItsDedupScopeToAnEventWriter) {
  const std::string dsn = testing::FreshDatabase();
  ForEachLayout([&](const Layout& layout) {
    testing::Sql(dsn, "CREATE SCHEMA " + layout.table.substr(0, layout.table.find('.')));
    testing::Sql(dsn, Ddl(layout));
    const auto report = Inspect<Event>(dsn, layout.table);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->dedup.value_or(DedupScope::kNone), layout.dedup);
    EXPECT_EQ(report->usable(), layout.dedup != DedupScope::kNone) << *report;
    EXPECT_EQ(report->key_table, layout.dedup == DedupScope::kGlobal && layout.partition_by.has_value());
    EXPECT_EQ(report->interval, layout.partition_by);
    EXPECT_EQ(report->direct_partitions, layout.partition_by.has_value() ? 4 : 0) << *report;
  });
}

TEST(LayoutDdl, HasALedgerThatAWriterAccepts) {
  const std::string dsn = testing::FreshDatabase();
  testing::Sql(dsn, Ddl({.table = "a", .dedup = DedupScope::kNone}));
  testing::Sql(dsn, Ddl({.table = "b", .dedup = DedupScope::kNone}));
  const auto deadline = pq::After(absl::Seconds(30));
  auto connection = pq::Connection::Open(dsn, "test", deadline).value();
  const auto table = schema::InspectTable(connection, "b", deadline).value();
  EXPECT_EQ(schema::FindLedger(connection, table, deadline).value(), "\"public\".\"bxb_ledger\"");
}

TEST(LayoutDdl, PutsStorageParametersWhereTheRowsAre) {
  const std::string dsn = testing::FreshDatabase();
  testing::Sql(dsn, Ddl({.table = "p", .partition_by = PartitionInterval::kDay, .fillfactor = 90}));
  testing::Sql(dsn, Ddl({.table = "t", .autovacuum = {.insert_threshold = 7, .analyze_threshold = 8}}));
  testing::Sql(dsn, Ddl({.table = "u", .autovacuum = {.tuned = false}}));
  const auto options = [&](const std::string& table) {
    return testing::SqlValue(dsn, "SELECT reloptions FROM pg_class WHERE relname = '" + table + "'");
  };
  EXPECT_THAT(options("p_p20260101"), AllOf(HasSubstr("fillfactor=90"), HasSubstr("insert_threshold=1000000")));
  EXPECT_THAT(options("t"), AllOf(HasSubstr("insert_threshold=7"), HasSubstr("analyze_threshold=8"),
                                  HasSubstr("freeze_min_age=0"), Not(HasSubstr("fillfactor"))));
  EXPECT_EQ(options("u"), "NULL");
}

TEST(LayoutDdl, CollatesTextByteByByteUnlessToldOtherwise) {
  EXPECT_THAT(Ddl({}), HasSubstr("\"code\" text COLLATE \"C\" NOT NULL"));
  EXPECT_THAT(Ddl({.partition_by = PartitionInterval::kDay, .collate_c = false}), Not(HasSubstr("COLLATE")));
}

TEST(LayoutDdl, EnforcesForeignKeysInPartitionsToo) {
  const std::string dsn = testing::FreshDatabase();
  testing::Sql(dsn, "CREATE TABLE orgs (id uuid PRIMARY KEY)");
  testing::Sql(dsn,
               Ddl({.partition_by = PartitionInterval::kDay,
                    .foreign_keys = {{.columns = {"organization_id"}, .table = "public.orgs", .referenced = {}}}}));
  auto connection = pq::Connection::Open(dsn, "test", pq::After(absl::Seconds(30))).value();
  const auto inserted = connection.Query(
      "INSERT INTO events (organization_id, transaction_id, external_customer_id, code, timestamp) VALUES "
      "(gen_random_uuid(), 't', 'c', 'x', '2026-01-01 00:00+00')",
      pq::After(absl::Seconds(30)));
  EXPECT_THAT(inserted.status().ToString(), HasSubstr("SQLSTATE 23503"));
}

TEST(LayoutDdl, NamesTheMemberAtFault) {
  const auto bad = [](const Layout& layout, const std::string& message) {
    const absl::Status status = LayoutDdl(layout).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Layout::" + message));
  };
  bad({.table = ""}, "table is empty");
  bad({.table = "billing."}, "table is empty");
  bad({.table = ".events"}, "table is \".events\", with an empty schema");
  bad({.table = std::string(64, 'x')}, "table is");
  bad({.table = std::string(60, 'x'), .partition_by = PartitionInterval::kHour}, "table is");
  bad({.fillfactor = 9}, "fillfactor is 9, not 10 … 100");
  bad({.ahead = 101}, "ahead is 101");
  bad({.autovacuum = {.insert_threshold = -1}}, "autovacuum.insert_threshold is -1");
  bad({.autovacuum = {.analyze_threshold = std::int64_t{1} << 40}}, "autovacuum.analyze_threshold");
  bad({.foreign_keys = {{.columns = {}, .table = "t", .referenced = {}}}}, "foreign_keys[0].columns is empty");
  bad({.foreign_keys = {{.columns = {"code"}, .table = "", .referenced = {}}}}, "foreign_keys[0].table is empty");
  bad({.foreign_keys = {{.columns = {"cod"}, .table = "t", .referenced = {}}}}, "foreign_keys[0].columns has \"cod\"");
  bad({.foreign_keys = {{.columns = {"code"}, .table = "t", .referenced = {"a", "b"}}}},
      "foreign_keys[0].referenced has 2 columns for 1");
}

}  // namespace
}  // namespace bxb
