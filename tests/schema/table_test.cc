#include "schema/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InspectTest : public ::testing::Test {
 protected:
  absl::StatusOr<Table> Inspect(const std::string& name, const std::string& ddl) {
    testing::Sql(dsn_, ddl);
    auto connection = pq::Connection::Open(dsn_, "test", pq::After(absl::Seconds(30)));
    if (!connection.ok()) return connection.status();
    return InspectTable(*connection, name, pq::After(absl::Seconds(30)));
  }

  static TableColumn Column(const Table& table, const std::string& name) {
    return *std::ranges::find(table.columns, name, &TableColumn::name);
  }

  const std::string dsn_ = testing::FreshDatabase();
};

TEST(QuoteIdentifier, DoublesQuotes) {
  EXPECT_EQ(QuoteIdentifier("plain"), "\"plain\"");
  EXPECT_EQ(QuoteIdentifier("we\"ird"), "\"we\"\"ird\"");
  EXPECT_EQ(QuoteTableName("t"), "\"t\"");
  EXPECT_EQ(QuoteTableName("s.t"), "\"s\".\"t\"");
}

TEST_F(InspectTest, ReadsTypesModifiersAndDefaults) {
  const auto table = Inspect("t",
                             "CREATE TABLE t (a int NOT NULL, b numeric(10,2), c text DEFAULT 'x', d bigint GENERATED "
                             "ALWAYS AS IDENTITY, e int GENERATED ALWAYS AS (a + 1) STORED, f point, gone int); "
                             "ALTER TABLE t DROP COLUMN gone");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->sql_name, "public.t");
  EXPECT_EQ(table->columns.size(), 6);
  EXPECT_TRUE(Column(*table, "a").not_null);
  EXPECT_FALSE(Column(*table, "a").has_default);
  EXPECT_EQ(Column(*table, "b").type_name, "numeric(10,2)");
  EXPECT_TRUE(Column(*table, "b").has_modifier);
  EXPECT_TRUE(Column(*table, "c").has_default);
  EXPECT_TRUE(Column(*table, "d").has_default);
  EXPECT_TRUE(Column(*table, "e").generated);
  EXPECT_EQ(Column(*table, "f").type, PgType::kUnsupported);
}

TEST_F(InspectTest, ResolvesDomainsAndEnums) {
  const auto table = Inspect("t",
                             "CREATE DOMAIN money_like AS numeric(12,2); CREATE DOMAIN price AS money_like; "
                             "CREATE TYPE color AS ENUM ('red'); CREATE TABLE t (p price, c color, u uuid[])");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(Column(*table, "p").type, PgType::kNumeric);
  EXPECT_TRUE(Column(*table, "p").has_modifier);
  EXPECT_EQ(Column(*table, "c").type, PgType::kText);
  EXPECT_EQ(Column(*table, "u").type, PgType::kUuidArray);
}

TEST_F(InspectTest, ListsOnlyTheUniqueIndexesThatOnConflictCanUse) {
  const auto table = Inspect("t",
                             "CREATE TABLE t (a int PRIMARY KEY, b int, c text, UNIQUE (b, a)); "
                             "CREATE UNIQUE INDEX partial ON t (b) WHERE b > 0; "
                             "CREATE UNIQUE INDEX expression ON t (lower(c)); CREATE INDEX plain ON t (c); "
                             "ALTER TABLE t ADD CONSTRAINT later UNIQUE (c) DEFERRABLE");
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->unique_indexes.size(), 2);
  EXPECT_EQ(table->unique_indexes[0].name, "t_b_a_key");
  EXPECT_THAT(table->unique_indexes[0].columns, ElementsAre("b", "a"));
  EXPECT_EQ(table->unique_indexes[1].name, "t_pkey");
}

TEST_F(InspectTest, FindsTablesInSchemasAndOddNames) {
  const auto table = Inspect("My Schema.My\"Table",
                             "CREATE SCHEMA \"My Schema\"; "
                             "CREATE TABLE \"My Schema\".\"My\"\"Table\" (a int)");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->sql_name, "\"My Schema\".\"My\"\"Table\"");
  EXPECT_THAT(table->unique_indexes, IsEmpty());
}

TEST_F(InspectTest, SaysNotFoundForAMissingTable) {
  EXPECT_EQ(Inspect("t", "SELECT 1").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace bxb::schema
