#include <thread>
#include <utility>
#include <vector>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class OpenTest : public WriterTest {
 protected:
  absl::Status OpenStatus(WriterOptions options) {
    if (options.dsn.empty()) options.dsn = dsn_;
    return EventWriter::Open(options).status();
  }

  void ExpectError(WriterOptions options, StatusCode code, const ::testing::Matcher<std::string>& message) {
    const absl::Status status = OpenStatus(std::move(options));
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), message);
  }
};

TEST_F(OpenTest, NamesTheOptionThatIsOutOfRange) {
  const auto bad = [&](WriterOptions options, const std::string& name) {
    options.create_table = true;
    ExpectError(options, StatusCode::kInvalidArgument, HasSubstr("WriterOptions::" + name + " "));
  };
  bad({.lanes = 0}, "lanes");
  bad({.lanes = 65}, "lanes");
  bad({.batch_rows = 0}, "batch_rows");
  bad({.batch_bytes = 100}, "batch_bytes");
  bad({.batch_bytes = std::size_t{2} << 30}, "batch_bytes");
  bad({.linger = absl::Milliseconds(-1)}, "linger");
  bad({.linger = absl::Minutes(2)}, "linger");
  bad({.memory_bytes = 1000}, "memory_bytes");
  bad({.write_timeout = absl::ZeroDuration()}, "write_timeout");
  bad({.connect_timeout = absl::Seconds(-1)}, "connect_timeout");
  bad({.commit_timeout = absl::ZeroDuration()}, "commit_timeout");
}

TEST_F(OpenTest, SaysHowMuchMemoryTheBatchesNeed) {
  ExpectError({.create_table = true, .lanes = 2, .memory_bytes = std::size_t{4} << 20}, StatusCode::kInvalidArgument,
              AllOf(HasSubstr("memory_bytes is 4194304"), HasSubstr("2 lanes need at least")));
}

TEST_F(OpenTest, NamesTheMissingTable) {
  ExpectError({}, StatusCode::kNotFound, HasSubstr("table \"events\" does not exist"));
  ExpectError({.table = "nowhere.usage"}, StatusCode::kNotFound,
              HasSubstr("table \"nowhere\".\"usage\" does not exist"));
}

TEST_F(OpenTest, RefusesAView) {
  Run("CREATE VIEW events AS SELECT 1 AS id");
  ExpectError({}, StatusCode::kInvalidArgument, HasSubstr("\"events\" is not a table"));
}

TEST_F(OpenTest, ListsEveryColumnThatDoesNotFit) {
  Run("CREATE TABLE events (organization_id text, transaction_id text, external_customer_id text, code int, "
      "timestamp timestamptz, properties jsonb, value numeric, region text NOT NULL, "
      "UNIQUE (organization_id, transaction_id))");
  ExpectError({}, StatusCode::kInvalidArgument,
              AllOf(HasSubstr("column \"organization_id\" is text, which cannot hold Uuid exactly"),
                    HasSubstr("column \"code\" is integer, which cannot hold std::string_view exactly"),
                    HasSubstr("column \"value\" is numeric, which cannot hold std::optional<double> exactly"),
                    HasSubstr("column \"decimal_value\" does not exist"),
                    HasSubstr("column \"region\" is NOT NULL, has no default and is not in the row")));
}

TEST_F(OpenTest, AsksForAUniqueIndexOnTheKey) {
  ASSERT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok());
  Run("ALTER TABLE events DROP CONSTRAINT events_organization_id_transaction_id_key;"
      "CREATE UNIQUE INDEX partial ON events (organization_id, transaction_id) WHERE code = 'x';"
      "ALTER TABLE events ADD UNIQUE (organization_id, transaction_id) DEFERRABLE");
  ExpectError({}, StatusCode::kFailedPrecondition,
              HasSubstr("no unique index on exactly (organization_id, transaction_id), the dedup key, nor one "
                        "on (organization_id, transaction_id, timestamp)"));
  Run("CREATE UNIQUE INDEX fits ON events (transaction_id, organization_id) INCLUDE (code)");
  EXPECT_TRUE(OpenStatus({}).ok()) << OpenStatus({});
}

TEST_F(OpenTest, NamesTheHostThatCannotBeReached) {
  ExpectError({.dsn = "host=/nowhere/at-all user=u password=hush"}, StatusCode::kUnavailable,
              AllOf(HasSubstr("WriterOptions::dsn"), HasSubstr("/nowhere/at-all"), Not(HasSubstr("hush"))));
}

TEST_F(OpenTest, RefusesAGarbledDsnWithoutShowingIt) {
  for (const std::string dsn : {"postgresql://u:hush@[", "postgresql://u:a\"hush@[::1]x/db", "password=foo hu\"hush",
                                "postgresql://u:hush/x@h/db", "postgresql://u:p@hush@127.0.0.1:1/db"}) {
    ExpectError({.dsn = dsn}, StatusCode::kInvalidArgument,
                AllOf(HasSubstr("WriterOptions::dsn"), Not(HasSubstr("hush"))));
  }
}

TEST_F(OpenTest, GivesUpAfterTheConnectTimeout) {
  auto server = testing::EphemeralPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->Freeze().ok());
  ExpectError({.dsn = (*server)->dsn(), .connect_timeout = absl::Milliseconds(100)}, StatusCode::kDeadlineExceeded,
              HasSubstr("connecting to"));
  EXPECT_TRUE((*server)->Thaw().ok());
}

TEST_F(OpenTest, SaysWhichPrivilegeIsMissing) {
  ASSERT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok());
  const std::string role = "app_" + Value("SELECT oid FROM pg_database WHERE datname = current_database()");
  Run("CREATE ROLE " + role + " LOGIN");
  WriterOptions options = {.dsn = dsn_ + " user=" + role};
  ExpectError(
      options, StatusCode::kPermissionDenied,
      AllOf(HasSubstr(
                "\"code\", \"timestamp\", \"properties\", \"value\", \"decimal_value\" cannot be written: no INSERT "
                "privilege"),
            HasSubstr("no SELECT privilege"), HasSubstr("no USAGE privilege on sequence events_id_seq")));
  Run("GRANT INSERT ON events TO " + role);
  ExpectError(options, StatusCode::kPermissionDenied,
              AllOf(HasSubstr("no SELECT privilege"), Not(HasSubstr("no INSERT privilege"))));
  Run("GRANT SELECT (organization_id, transaction_id) ON events TO " + role +
      "; GRANT USAGE ON SEQUENCE events_id_seq TO " + role);
  auto writer = EventWriter::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a")).kind, Outcome::Kind::kInserted);
  EXPECT_EQ((*writer)->WriteDurable(EventNamed("a")).kind, Outcome::Kind::kDuplicate);
}

TEST_F(OpenTest, RefusesATableThatCopyCannotServeFaithfully) {
  ASSERT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok());
  Run("CREATE RULE ignore AS ON INSERT TO events DO INSTEAD NOTHING");
  ExpectError({}, StatusCode::kFailedPrecondition, HasSubstr("has rules"));
  Run("DROP RULE ignore ON events; ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE events FORCE ROW LEVEL "
      "SECURITY; DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN; GRANT ALL ON events TO plain");
  ExpectError({.dsn = dsn_ + " user=plain"}, StatusCode::kFailedPrecondition, HasSubstr("row security"));
}

TEST_F(OpenTest, CreatesTheTableOfTheAppendixOnce) {
  ASSERT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok());
  ASSERT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok());
  EXPECT_EQ(
      Value("SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN "
            "' not null' ELSE '' END, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'events'::regclass "
            "AND attnum > 0"),
      "id bigint not null, organization_id uuid not null, transaction_id text not null, external_customer_id "
      "text not null, code text not null, timestamp timestamp with time zone not null, properties jsonb not "
      "null, value double precision, decimal_value numeric, created_at timestamp with time zone not null");
  EXPECT_EQ(
      Value("SELECT string_agg(regexp_replace(indexdef, '.* USING ', ''), '; ' ORDER BY indexdef) FROM pg_indexes "
            "WHERE tablename = 'events'"),
      "btree (external_customer_id, \"timestamp\"); btree (organization_id, code, \"timestamp\"); "
      "btree (organization_id, transaction_id); btree (id)");
  EXPECT_EQ(Value("SELECT count(*) FROM pg_index WHERE indrelid = 'events'::regclass AND indisunique"), "2");
}

TEST_F(OpenTest, LeavesAnExistingTableAsItIs) {
  Run("CREATE TABLE events (organization_id uuid, transaction_id text, external_customer_id text, code text, "
      "timestamp timestamptz, properties jsonb, value float8, decimal_value numeric)");
  ExpectError({.create_table = true}, StatusCode::kFailedPrecondition, HasSubstr("no unique index"));
}

TEST_F(OpenTest, CreatesTheTableOnceFromManyWriters) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] { EXPECT_TRUE(EventWriter::Open({.dsn = dsn_, .create_table = true}).ok()); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Value("SELECT count(*) FROM pg_class WHERE relname = 'events'"), "1");
}

}  // namespace
}  // namespace bxb
