// What is found out about a batch whose connection broke while it was being committed.
#include "absl/time/clock.h"
#include "support/pgbouncer.h"
#include "support/socket_proxy.h"
#include "write/writer_fixture.h"

namespace bxb {

struct Hit {
  std::int64_t page;
};

template <>
struct RowOf<Hit> {
  static constexpr auto columns = Columns(Column("page", &Hit::page));
};

namespace {

using testing::CutPoint;
using Kind = Outcome::Kind;

class InDoubtTest : public WriterTest {
 protected:
  WriterOptions Through(WriterOptions options = {}) {
    options.dsn = proxy_.dsn(database_);
    options.create_table = true;
    options.lanes = 1;
    return options;
  }

  std::unique_ptr<EventWriter> OpenEvents(WriterOptions options = {}) {
    auto writer = EventWriter::Open(Through(std::move(options)));
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return *std::move(writer);
  }

  std::unique_ptr<Writer<Hit>> OpenHits(WriterOptions options = {}) {
    Run("CREATE TABLE IF NOT EXISTS hits (page bigint)");
    options.table = "hits";
    auto writer = Writer<Hit>::Open(Through(std::move(options)));
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return *std::move(writer);
  }

  const std::string database_ = Value("SELECT current_database()");
  testing::SocketProxy proxy_{testing::SharedServer().dir()};
};

constexpr CutPoint kEverywhere[] = {CutPoint::kBeforeData, CutPoint::kInsideData, CutPoint::kAfterEndMarker,
                                    CutPoint::kBeforeReply};

TEST_F(InDoubtTest, AnEventIsInsertedOnceWhereverItsConnectionBreaks) {
  auto writer = OpenEvents();
  for (const CutPoint point : kEverywhere) {
    proxy_.CutNext(point);
    const std::string name = "cut" + std::to_string(static_cast<int>(point));
    EXPECT_EQ(writer->WriteDurable(EventNamed(name), kLong).kind, Kind::kInserted) << name;
    EXPECT_EQ(proxy_.cuts(point), 1);
  }
  EXPECT_EQ(CountEvents(), 4);
  EXPECT_EQ(writer->stats().reconnects, 4);
}

TEST_F(InDoubtTest, AMergeInDoubtIsMergedAgain) {
  Open()->WriteDurable(EventNamed("there"), kLong);
  auto writer = OpenEvents({.linger = absl::Milliseconds(200), .dedup_cache_bytes = 0});
  for (const CutPoint point : kEverywhere) {
    proxy_.CutNext(point, 2);  // the direct COPY, then the merge that settles it
    const std::string name = "new" + std::to_string(static_cast<int>(point));
    const std::vector<Event> events = {EventNamed("there"), EventNamed(name)};
    const auto outcomes = writer->WriteBatch(events, kLong);
    EXPECT_TRUE(outcomes[0].stored() && outcomes[1].stored()) << outcomes[0] << "; " << outcomes[1];
  }
  EXPECT_EQ(CountEvents(), 5);
}

TEST_F(InDoubtTest, ARowIsRejectedAfterADoubtToo) {
  auto writer = OpenEvents({.linger = absl::Milliseconds(200)});
  Run("ALTER TABLE events ADD CONSTRAINT no_spam CHECK (code <> 'spam')");
  Event spam = EventNamed("s");
  spam.code = "spam";
  proxy_.CutNext(CutPoint::kAfterEndMarker);
  const std::vector<Event> events = {EventNamed("a"), spam, EventNamed("z")};
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted) << outcomes[0];
  EXPECT_EQ(outcomes[1].kind, Kind::kRejected) << outcomes[1];
  EXPECT_EQ(outcomes[2].kind, Kind::kInserted) << outcomes[2];
  EXPECT_EQ(CountEvents(), 2);
}

TEST_F(InDoubtTest, AnEventIsNotRejectedForWhatItsFirstAttemptHasDone) {
  auto writer = OpenEvents({.linger = absl::Milliseconds(200)});
  Run("CREATE FUNCTION quota() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM events) >= 3 THEN "
      "RAISE EXCEPTION 'over quota'; END IF; RETURN new; END $$; CREATE TRIGGER quota BEFORE INSERT ON events FOR EACH "
      "ROW EXECUTE FUNCTION quota()");
  proxy_.CutNext(CutPoint::kBeforeReply);
  const std::vector<Event> events = {EventNamed("a"), EventNamed("b"), EventNamed("c")};
  for (const Outcome& outcome : writer->WriteBatch(events, kLong)) EXPECT_EQ(outcome.kind, Kind::kInserted) << outcome;
  EXPECT_EQ(proxy_.cuts(CutPoint::kBeforeReply), 1);
  EXPECT_EQ(SqlStateOf(writer->WriteDurable(EventNamed("d"), kLong).status), "P0001");
  EXPECT_EQ(CountEvents(), 3);
}

TEST_F(InDoubtTest, AnEventIsUnknownOnlyWhenItsTimeIsUp) {
  auto writer = OpenEvents({.commit_timeout = absl::Milliseconds(300)});
  proxy_.CutNext(CutPoint::kAfterEndMarker, 1000);
  const absl::Time start = absl::Now();
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kUnknown);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(300));
  proxy_.Disarm();
  EXPECT_TRUE(writer->WriteDurable(EventNamed("a"), kLong).stored());
  EXPECT_EQ(CountEvents(), 1);
}

TEST_F(InDoubtTest, TheLedgerSettlesWhatHasNoKey) {
  auto writer = OpenHits();
  for (const CutPoint point : kEverywhere) {
    proxy_.CutNext(point);
    const Outcome outcome = writer->WriteDurable({.page = static_cast<int>(point)}, kLong);
    EXPECT_EQ(outcome.kind, Kind::kInserted) << outcome;
    EXPECT_EQ(outcome.durability, Durability::kLocalFsync);
    EXPECT_GT(outcome.lsn, Lsn{});
    EXPECT_EQ(proxy_.cuts(point), 1);
  }
  EXPECT_EQ(Value("SELECT string_agg(page::text, ' ' ORDER BY page) FROM hits"), "0 1 2 3");
  EXPECT_EQ(Value("SELECT count(*) FROM bxb_ledger"), "4");
}

TEST_F(InDoubtTest, TheLedgerSettlesADoubtThatLasts) {
  auto writer = OpenHits();
  proxy_.CutNext(CutPoint::kBeforeReply, 3);
  EXPECT_EQ(writer->WriteDurable({.page = 7}, kLong).kind, Kind::kInserted);
  EXPECT_EQ(Value("SELECT count(*) FROM hits"), "1");
}

TEST_F(InDoubtTest, IsNeverSettledWithoutKeyAndLedger) {
  std::string lines;
  WriterOptions options;
  options.log = [&](LogLevel, std::string_view line) { lines += line; };
  Run("CREATE TABLE hits (page bigint)");
  options = Through(options);
  options.table = "hits";
  options.create_table = false;
  auto writer = Writer<Hit>::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_THAT(lines, ::testing::HasSubstr("neither a dedup key nor a ledger"));
  proxy_.CutNext(CutPoint::kBeforeReply);
  EXPECT_EQ((*writer)->WriteDurable({.page = 7}, kLong).kind, Kind::kUnknown);
}

TEST_F(InDoubtTest, TheLedgerWorksThroughPgBouncer) {
  Run("CREATE TABLE hits (page bigint)");
  testing::PgBouncer bouncer(testing::SharedServer(), database_);
  WriterOptions options = Through();
  options.dsn = bouncer.dsn();
  options.table = "hits";
  auto writer = Writer<Hit>::Open(options);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->WriteDurable({.page = 1}, kLong).kind, Kind::kInserted);
  const std::string kill =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()";
  EXPECT_NE(Value(kill), "0");
  EXPECT_EQ((*writer)->WriteDurable({.page = 2}, kLong).kind, Kind::kInserted);
  EXPECT_EQ(Value("SELECT string_agg(page::text, ' ' ORDER BY page) FROM hits"), "1 2");
}

TEST_F(InDoubtTest, SomethingElseOfTheLedgersNameIsNoLedger) {
  Run("CREATE TABLE bxb_ledger (batch uuid CONSTRAINT mine PRIMARY KEY, committed_at timestamptz DEFAULT now())");
  auto writer = OpenHits();
  proxy_.CutNext(CutPoint::kBeforeReply);
  EXPECT_EQ(writer->WriteDurable({.page = 7}, kLong).kind, Kind::kUnknown);
  EXPECT_EQ(Value("SELECT count(*) FROM hits"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM bxb_ledger"), "0");
}

TEST_F(InDoubtTest, TheLedgerForgetsOldBatches) {
  auto writer = OpenHits();
  Run("INSERT INTO bxb_ledger SELECT gen_random_uuid(), now() - interval '2 days' FROM generate_series(1, 50)");
  Run("INSERT INTO bxb_ledger VALUES (gen_random_uuid(), now() - interval '20 hours')");
  EXPECT_EQ(writer->WriteDurable({.page = 1}, kLong).kind, Kind::kInserted);
  // The lane tidies up after it has told the outcome, and gives that up when the writer is closed.
  const auto deadline = absl::Now() + kLong;
  while (Value("SELECT count(*) FROM bxb_ledger") != "2" && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Value("SELECT count(*) FROM bxb_ledger"), "2");
}

TEST_F(InDoubtTest, ABadRowOfATableWithALedgerCostsItselfOnly) {
  Run("CREATE TABLE hits (page bigint CHECK (page > 0))");
  auto writer = OpenHits({.linger = absl::Milliseconds(200)});
  const std::vector<Hit> hits = {{1}, {-2}, {3}};
  const auto outcomes = writer->WriteBatch(hits, kLong);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted);
  EXPECT_EQ(SqlStateOf(outcomes[1].status), "23514");
  EXPECT_EQ(outcomes[2].kind, Kind::kInserted);
}

}  // namespace
}  // namespace bxb
