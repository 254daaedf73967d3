#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/partition_map.h"
#include "schema/partition_support.h"

namespace bxb::schema {
namespace {

using testing::SharedServer;
using testing::Soon;

constexpr const char* kEvents =
    "CREATE TABLE events (at timestamptz, id bigint, note text DEFAULT 'none') PARTITION BY RANGE (at);"
    "CREATE TABLE leaf PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-01-02 00:00:00+00');";

/// Whether rows of (at, id) may be COPYed straight into the leaf.
class DirectTest : public testing::PartitionTest {
 protected:
  bool IsDirect(const std::string& ddl) {
    Run(ddl);
    const auto map = Map("events", {"at", "id"});
    EXPECT_EQ(map.partitions().size(), 1);
    return map.partitions()[0].direct;
  }

  bool IsDirectWith(const std::string& ddl) { return IsDirect(kEvents + ddl); }

  // The same as a role that may only insert into the leaf, and only what `grants` say.
  bool IsDirectFor(const std::string& role, const std::string& grants) {
    Run(std::string(kEvents) + "CREATE ROLE " + role + "; " + grants);
    const Table table = TableOf();
    (void)connection_.Query("SET ROLE " + role, Soon());
    const std::vector<std::string> columns = {"at", "id"};
    const auto map = ReadPartitionMap(connection_, table, columns, Soon());
    return map.value().partitions()[0].direct;
  }

  static constexpr const char* kFunction =
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';";
};

TEST_F(DirectTest, APlainLeafIs) { EXPECT_TRUE(IsDirectWith("")); }

TEST_F(DirectTest, AnUnloggedLeafIsAndSaysSo) {
  EXPECT_TRUE(IsDirectWith("ALTER TABLE leaf SET UNLOGGED"));
  EXPECT_TRUE(Map().any_unlogged());
}

TEST_F(DirectTest, APartitionedLeafIsNot) {
  EXPECT_FALSE(
      IsDirect("CREATE TABLE events (at timestamptz, id bigint) PARTITION BY RANGE (at);"
               "CREATE TABLE leaf PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-01-02') "
               "PARTITION BY HASH (id)"));
}

TEST_F(DirectTest, AForeignLeafIsNot) {
  EXPECT_FALSE(
      IsDirect("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
               "CREATE TABLE events (at timestamptz, id bigint) PARTITION BY RANGE (at);"
               "CREATE FOREIGN TABLE leaf PARTITION OF events FOR VALUES FROM ('2026-01-01') TO "
               "('2026-01-02') SERVER s"));
}

TEST_F(DirectTest, ALeafWithAnotherDefaultIsNot) {
  EXPECT_FALSE(IsDirectWith("ALTER TABLE leaf ALTER note SET DEFAULT 'other'"));
}

TEST_F(DirectTest, ALeafWithoutADefaultIsNot) {
  EXPECT_FALSE(IsDirectWith("ALTER TABLE leaf ALTER note DROP DEFAULT"));
}

TEST_F(DirectTest, DefaultsOfWrittenColumnsDoNotMatter) {
  EXPECT_TRUE(IsDirectWith("ALTER TABLE leaf ALTER id SET DEFAULT 7"));
}

TEST_F(DirectTest, ALeafHasToHaveTheIdentityOfItsTable) {
  EXPECT_EQ(IsDirect("CREATE TABLE events (at timestamptz, id bigint, n bigint GENERATED ALWAYS AS IDENTITY) PARTITION "
                     "BY RANGE (at); CREATE TABLE leaf PARTITION OF events FOR VALUES FROM ('2026-01-01') TO "
                     "('2026-01-02')"),
            SharedServer().version() >= 170000)
      << "before 17 a leaf has none";
}

TEST_F(DirectTest, GeneratedColumnsAndOtherColumnOrdersAre) {
  EXPECT_TRUE(
      IsDirect("CREATE TABLE events (at timestamptz, id bigint, twice bigint GENERATED ALWAYS AS (id * 2) "
               "STORED) PARTITION BY RANGE (at); CREATE TABLE leaf (gone int, id bigint, twice bigint GENERATED "
               "ALWAYS AS (id * 2) STORED, at timestamptz); ALTER TABLE leaf DROP gone; ALTER TABLE events "
               "ATTACH PARTITION leaf FOR VALUES FROM ('2026-01-01') TO ('2026-01-02')"));
}

TEST_F(DirectTest, RulesOfTheLeafPreventIt) {
  EXPECT_FALSE(IsDirectWith("CREATE RULE r AS ON INSERT TO leaf DO INSTEAD NOTHING"));
}

TEST_F(DirectTest, StatementTriggersOfTheLeafPreventIt) {
  EXPECT_FALSE(IsDirectWith(std::string(kFunction) +
                            "CREATE TRIGGER t AFTER INSERT ON leaf FOR EACH STATEMENT EXECUTE FUNCTION f()"));
}

TEST_F(DirectTest, StatementTriggersOfTheTablePreventIt) {
  EXPECT_FALSE(IsDirectWith(std::string(kFunction) +
                            "CREATE TRIGGER t BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION f()"));
}

TEST_F(DirectTest, TriggersThatFireEitherWayDoNot) {
  EXPECT_TRUE(IsDirectWith(std::string(kFunction) +
                           "CREATE TRIGGER a BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION f();"
                           "CREATE TRIGGER b AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION f();"
                           "CREATE TRIGGER c AFTER DELETE ON events FOR EACH STATEMENT EXECUTE FUNCTION f();"
                           "CREATE TRIGGER d AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION f();"
                           "ALTER TABLE events DISABLE TRIGGER d; ALTER TABLE leaf ADD CHECK (id > 0)"));
}

TEST_F(DirectTest, ARoleWithoutPrivilegesOnTheLeafMayNot) {
  EXPECT_FALSE(IsDirectFor("only_root", "GRANT INSERT ON events TO only_root"));
}

TEST_F(DirectTest, ARoleWithPrivilegesOnTheColumnsMay) {
  EXPECT_TRUE(IsDirectFor("both_columns", "GRANT INSERT (at, id) ON events, leaf TO both_columns"));
}

TEST_F(DirectTest, ARoleWithPrivilegesOnTheLeafAloneMayNot) {
  EXPECT_FALSE(IsDirectFor("only_leaf", "GRANT INSERT ON leaf TO only_leaf"));
}

TEST_F(DirectTest, ARoleWithPrivilegesOnSomeColumnsMayNot) {
  EXPECT_FALSE(IsDirectFor("one_column",
                           "GRANT INSERT (at, id) ON events TO one_column; GRANT INSERT (at) ON leaf TO one_column"));
}

TEST_F(DirectTest, ARoleWithoutUsageOfTheLeafsSchemaMayNot) {
  EXPECT_FALSE(IsDirectFor("no_usage",
                           "CREATE SCHEMA far; ALTER TABLE leaf SET SCHEMA far; GRANT INSERT ON far.leaf TO "
                           "no_usage"));
}

TEST_F(DirectTest, RowSecurityOfTheLeafOrOfTheTablePreventsIt) {
  EXPECT_FALSE(IsDirectFor("secured",
                           "GRANT INSERT ON events, leaf TO secured; ALTER TABLE leaf ENABLE ROW LEVEL "
                           "SECURITY"));
  (void)connection_.Query("RESET ROLE; ALTER TABLE leaf DISABLE ROW LEVEL SECURITY; SET ROLE secured", Soon());
  EXPECT_TRUE(Map("events", {"at", "id"}).partitions()[0].direct);
  (void)connection_.Query("RESET ROLE; ALTER TABLE events ENABLE ROW LEVEL SECURITY; SET ROLE secured", Soon());
  EXPECT_FALSE(Map("events", {"at", "id"}).partitions()[0].direct);
}

}  // namespace
}  // namespace bxb::schema
