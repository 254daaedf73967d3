// Bulk reads: what a scan finds in a table is what a row gets.
#include "read/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "bxb/event.h"
#include "bxb/status.h"
#include "read/scan_support.h"
#include "support/sanitizers.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {

struct Note {
  std::int64_t id;
  absl::Time at;
  std::string text;
};

struct Count {
  std::int64_t number;
};

}  // namespace bxb::testing

template <>
struct bxb::RowOf<bxb::testing::Note> {
  using Note = bxb::testing::Note;
  static constexpr std::string_view table = "notes";
  static constexpr auto columns =
      bxb::Columns(bxb::Column("id", &Note::id, bxb::kKey), bxb::Column("at", &Note::at, bxb::kTime),
                   bxb::Column("text", &Note::text));
};

template <>
struct bxb::RowOf<bxb::testing::Count> {
  static constexpr auto columns = bxb::Columns(bxb::Column("Number \"of\" things", &bxb::testing::Count::number));
};

namespace bxb::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kNotes = "CREATE TABLE notes (id bigint PRIMARY KEY, at timestamptz NOT NULL, text text);";

std::string Text(const absl::Status& status) { return std::string(status.message()); }

/// A database of its own, with tables of the test.
class ScanTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql) { Sql(dsn_, sql); }

  std::vector<std::int64_t> Ids(const ScanOptions& scan) {
    std::vector<std::int64_t> ids;
    const auto rows = Scan<Note>(connection_, scan, [&](const Note& note) {
      ids.push_back(note.id);
      return absl::OkStatus();
    });
    EXPECT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(rows.value_or(0), ids.size());
    return ids;
  }

  template <class Row = Note>
  absl::Status Refusal(const ScanOptions& scan) {
    return read::PlanScan(connection_, RowCodec<Row>::Shape(), scan, Soon()).status();
  }

  const std::string dsn_ = FreshDatabase();
  pq::Connection connection_ = Connect(dsn_);
};

TEST_F(ScanTest, EventsArriveAsViewsOfTheStream) {
  Run(R"(CREATE TABLE events (id bigserial, organization_id uuid, transaction_id text, external_customer_id varchar(40),
           code text, timestamp timestamp, properties jsonb, value float8, decimal_value numeric, spare int);
         INSERT INTO events (organization_id, transaction_id, external_customer_id, code, timestamp, properties, value,
                             decimal_value)
         VALUES ('01234567-89ab-cdef-0123-456789abcdef', 'txn_42', 'cust_7', 'api_calls', '2026-11-22 10:11:12.000013',
                 '{"region": "eu"}', 2.5, 0.30),
                ('01234567-89ab-cdef-0123-456789abcdef', 'txn_43', '', '', '-infinity', '{}', NULL, NULL))");
  std::vector<std::string> seen;
  const auto rows = Scan<Event>(connection_, {}, [&](const Event& event) {
    seen.push_back(event.organization_id.ToString() + " " + std::string(event.transaction_id) + " " +
                   std::string(event.external_customer_id) + " " + std::string(event.code) + " " +
                   absl::FormatTime(event.timestamp, absl::UTCTimeZone()) + " " + std::string(event.properties) + " " +
                   (event.value ? std::to_string(*event.value) : "none") + " " +
                   (event.decimal_value ? event.decimal_value->ToString() : "none"));
    return absl::OkStatus();
  });
  EXPECT_EQ(rows.value(), 2);
  EXPECT_THAT(seen, ElementsAre("01234567-89ab-cdef-0123-456789abcdef txn_42 cust_7 api_calls "
                                "2026-11-22T10:11:12.000013+00:00 {\"region\": \"eu\"} 2.500000 0.30",
                                "01234567-89ab-cdef-0123-456789abcdef txn_43   infinite-past {} none none"));
}

TEST_F(ScanTest, AnEmptyTableHasNoRows) {
  Run(kNotes);
  EXPECT_THAT(Ids({}), IsEmpty());
}

TEST_F(ScanTest, DroppedAndFurtherColumnsDoNotMatter) {
  Run("CREATE TABLE notes (gone int, text text, at timestamptz, more point, id bigint); "
      "ALTER TABLE notes DROP COLUMN gone; INSERT INTO notes VALUES ('x', now(), '(1,2)', 7)");
  EXPECT_THAT(Ids({}), ElementsAre(7));
}

TEST_F(ScanTest, ReadsTablesAndColumnsOfAnyName) {
  Run(R"(CREATE SCHEMA "my schema"; CREATE TABLE "my schema"."it's" ("Number ""of"" things" bigint);
         INSERT INTO "my schema"."it's" VALUES (5), (6))");
  std::vector<std::int64_t> numbers;
  const auto rows = Scan<Count>(connection_, {.table = "my schema.it's"}, [&](const Count& count) {
    numbers.push_back(count.number);
    return absl::OkStatus();
  });
  EXPECT_EQ(rows.value(), 2);
  EXPECT_THAT(numbers, ElementsAre(5, 6));
}

TEST_F(ScanTest, NullIntoAPlainMemberIsOutOfRange) {
  Run(kNotes);
  Run("INSERT INTO notes VALUES (1, now(), NULL)");
  const auto rows = Scan<Note>(connection_, {}, [](const Note&) { return absl::OkStatus(); });
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(Text(rows.status()), HasSubstr("\"text\""));
}

TEST_F(ScanTest, AnErrorFromTheSinkEndsIt) {
  Run(kNotes);
  Run("INSERT INTO notes SELECT g, now(), '' FROM generate_series(1, 100000) g");
  int taken = 0;
  const auto rows = Scan<Note>(
      connection_, {}, [&](const Note&) { return ++taken == 3 ? absl::AbortedError("enough") : absl::OkStatus(); });
  EXPECT_EQ(rows.status(), absl::AbortedError("enough"));
  EXPECT_EQ(taken, 3);
}

TEST_F(ScanTest, AServerThatGoesAwayIsAnError) {
  Run(kNotes);
  Run("INSERT INTO notes SELECT g, now(), repeat('x', 100) FROM generate_series(1, 200000) g");
  const auto rows = Scan<Note>(connection_, {}, [&, first = true](const Note&) mutable {
    if (first) Run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'");
    first = false;
    return absl::OkStatus();
  });
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kUnavailable) << rows.status();
}

long PeakKilobytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(ScanTest, MemoryDoesNotGrowWithTheTable) {
  Run(kNotes);
  Run("INSERT INTO notes SELECT g, now(), repeat('x', 1000) FROM generate_series(1, 400000) g");
  const long before = PeakKilobytes();
  EXPECT_EQ(Scan<Note>(connection_, {}, [](const Note&) { return absl::OkStatus(); }).value(), 400'000);
  constexpr long kAllowance = (kAddressSanitizer ? 600L : 16L) * 1024;  // It keeps what is freed for a while.
  EXPECT_LT(PeakKilobytes() - before, kAllowance);
}

TEST_F(ScanTest, TheOrganizationIsACondition) {
  Run(R"(CREATE TABLE notes (id bigint, at timestamptz, text text, organization_id uuid);
         INSERT INTO notes VALUES (1, now(), '', '00000000-0000-0000-0000-000000000001'), (2, now(), '', NULL),
                                  (3, now(), '', '00000000-0000-0000-0000-000000000003'))");
  EXPECT_THAT(Ids({.organization_id = Uuid::Parse("00000000-0000-0000-0000-000000000003")}), ElementsAre(3));
}

/// Notes at these times; `type` is that of their column.
class ScanRangeTest : public ScanTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    Run("CREATE TABLE notes (id bigint, at " + GetParam() + ", text text)");
    connection_.Query("SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German'", Soon()).value();
    Run("SET TimeZone = 'UTC'; INSERT INTO notes VALUES (1, '2026-11-22 00:00:00', ''), (2, '2026-11-22 "
        "00:00:00.000001', ''), "
        "(3, '2026-11-22 00:00:00.000002', ''), (4, '-infinity', ''), (5, 'infinity', ''), "
        "(6, '4714-11-24 00:00:00 BC', ''), (7, '294276-12-31 23:59:59.999999', '')");
  }

  std::vector<std::int64_t> Between(absl::Time from, absl::Time to) { return Ids({.range = {.from = from, .to = to}}); }

  const absl::Time noon_ = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
  const absl::Duration micro_ = absl::Microseconds(1);
};
INSTANTIATE_TEST_SUITE_P(, ScanRangeTest, ::testing::Values("timestamptz", "timestamp"),
                         [](const auto& type) { return type.param; });

TEST_P(ScanRangeTest, IsHalfOpen) {
  EXPECT_THAT(Between(noon_, noon_ + micro_), ElementsAre(1));
  EXPECT_THAT(Between(noon_ + micro_, noon_ + 3 * micro_), ElementsAre(2, 3));
  EXPECT_THAT(Between(noon_, noon_), IsEmpty());
}

TEST_P(ScanRangeTest, BoundsBetweenTwoMicrosecondsAreExact) {
  const absl::Duration nano = absl::Nanoseconds(1);
  EXPECT_THAT(Between(noon_ + nano, noon_ + micro_ + nano), ElementsAre(2));
  EXPECT_THAT(Between(noon_ - nano, noon_ + nano), ElementsAre(1));
  EXPECT_THAT(Between(noon_ + nano, noon_ + micro_ - nano), IsEmpty());
}

TEST_P(ScanRangeTest, AnInfiniteBoundIsNone) {
  EXPECT_THAT(Between(absl::InfinitePast(), absl::InfiniteFuture()), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(Between(noon_ + 2 * micro_, absl::InfiniteFuture()), ElementsAre(3, 5, 7));
  EXPECT_THAT(Between(absl::InfinitePast(), noon_ + micro_), ElementsAre(1, 4, 6));
}

TEST_P(ScanRangeTest, BoundsBeyondWhatTheServerHoldsAreBounds) {
  const absl::Time early = absl::FromCivil(absl::CivilYear(-9000), absl::UTCTimeZone());
  const absl::Time late = absl::FromCivil(absl::CivilYear(300000), absl::UTCTimeZone());
  EXPECT_THAT(Between(early, late), ElementsAre(1, 2, 3, 6, 7));
  EXPECT_THAT(Between(absl::InfinitePast(), early), ElementsAre(4));
  EXPECT_THAT(Between(late, absl::InfiniteFuture()), ElementsAre(5));
  EXPECT_THAT(Between(internal::kEndTimestamp - absl::Nanoseconds(1), absl::InfiniteFuture()), ElementsAre(5));
}

TEST_F(ScanTest, ARangeReadsOnlyItsPartitions) {
  Run(R"(CREATE TABLE notes (id bigint, at timestamptz, text text) PARTITION BY RANGE (at);
         CREATE TABLE notes_a PARTITION OF notes FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
         CREATE TABLE notes_b PARTITION OF notes FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
         INSERT INTO notes VALUES (1, '2026-01-31 12:00+00', ''), (2, '2026-02-01 00:00+00', ''))");
  const absl::TimeZone utc = absl::UTCTimeZone();
  const ScanOptions february = {.range = {.from = absl::FromCivil(absl::CivilDay(2026, 2, 1), utc),
                                          .to = absl::FromCivil(absl::CivilDay(2026, 3, 1), utc)}};
  EXPECT_THAT(Ids({}), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Ids(february), ElementsAre(2));
  const auto plan = read::PlanScan(connection_, RowCodec<Note>::Shape(), february, Soon()).value();
  std::string explained;
  for (const auto& row :
       Sql(dsn_, "EXPLAIN " + plan.select + " WHERE " + plan.conditions.at(0) + " AND " + plan.conditions.at(1))) {
    explained += *row[0];
  }
  EXPECT_THAT(explained, AllOf(HasSubstr("notes_b"), Not(HasSubstr("notes_a"))));
}

TEST_F(ScanTest, NamesTheColumnsThatAreMissing) {
  Run("CREATE TABLE notes (id bigint)");
  EXPECT_EQ(Refusal({}), absl::InvalidArgumentError(
                             "table public.notes: column \"at\" does not exist; column \"text\" does not exist"));
}

TEST_F(ScanTest, NamesAColumnOfATypeThatItCannotRead) {
  Run("CREATE TABLE notes (id bigint, at timestamptz, text point)");
  EXPECT_EQ(Refusal({}),
            absl::InvalidArgumentError("table public.notes: column \"text\" is point, which cannot be read"));
}

TEST_F(ScanTest, NamesAColumnThatTheMemberCannotHold) {
  Run("CREATE TABLE notes (id bigint, at timestamptz, text bytea)");
  const auto rows = Scan<Note>(connection_, {}, [](const Note&) { return absl::OkStatus(); });
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Text(rows.status()), AllOf(HasSubstr("\"text\""), HasSubstr("bytea")));
}

TEST_F(ScanTest, NamesTheOptionAtFault) {
  Run(kNotes);
  Run("CREATE TABLE counts (\"Number \"\"of\"\" things\" bigint, organization_id text)");
  EXPECT_EQ(Refusal<Count>({}), absl::InvalidArgumentError("ScanOptions::table is empty, and the row type names none"));
  EXPECT_EQ(Refusal<Count>({.table = "counts", .range = {.from = absl::UnixEpoch()}}),
            absl::InvalidArgumentError("ScanOptions::range is for a row type with a kTime column"));
  EXPECT_EQ(Refusal({.range = {.from = absl::UnixEpoch() + absl::Seconds(1), .to = absl::UnixEpoch()}}),
            absl::InvalidArgumentError("ScanOptions::range ends before it begins"));
  EXPECT_EQ(Refusal({.organization_id = Uuid()}),
            absl::InvalidArgumentError("ScanOptions::organization_id is for a table with a uuid column of that name: "
                                       "public.notes has none"));
  EXPECT_EQ(Refusal<Count>({.table = "counts", .organization_id = Uuid()}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ScanTest, SaysThatThereIsNoSuchTable) {
  EXPECT_EQ(Refusal({}), absl::NotFoundError("table \"notes\" does not exist"));
  EXPECT_EQ(Refusal({.table = "no.notes"}).code(), absl::StatusCode::kNotFound);
}

TEST_F(ScanTest, SaysThatAViewIsNoTable) {
  Run("CREATE VIEW notes AS SELECT 1::bigint AS id");
  EXPECT_EQ(Refusal({}), absl::InvalidArgumentError("\"notes\" is not a table"));
}

TEST_F(ScanTest, NamesTheColumnsThatTheRoleMayNotRead) {
  Run(R"(CREATE TABLE notes (id bigint, at timestamptz, text text, organization_id uuid);
         INSERT INTO notes VALUES (1, now(), 'x', NULL);
         DROP ROLE IF EXISTS scan_reader; CREATE ROLE scan_reader LOGIN; GRANT SELECT (id) ON notes TO scan_reader)");
  connection_ = Connect(dsn_ + " user=scan_reader");
  EXPECT_EQ(Refusal({}), absl::PermissionDeniedError(
                             "table public.notes: columns \"at\", \"text\" cannot be read: no SELECT privilege"));
  Run("GRANT SELECT (at, text) ON notes TO scan_reader");
  EXPECT_THAT(Ids({}), ElementsAre(1));
  EXPECT_EQ(Refusal({.organization_id = Uuid()}),
            absl::PermissionDeniedError(
                "table public.notes: column \"organization_id\" cannot be read: no SELECT privilege"));
}

}  // namespace
}  // namespace bxb::testing
