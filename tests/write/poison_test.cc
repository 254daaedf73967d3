#include <mutex>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using Kind = Outcome::Kind;
using ::testing::HasSubstr;

/// An events table that refuses rows: `code` 'spam' by a CHECK, 'boom' by a row trigger, 'late' by a constraint trigger
/// at the end of the statement, customers other than cust_7 by a foreign key.
class PoisonTest : public WriterTest {
 protected:
  PoisonTest() {
    auto creator = Open();
    Run("ALTER TABLE events ADD CONSTRAINT no_spam CHECK (code <> 'spam');"
        "CREATE TABLE customers (id text PRIMARY KEY); INSERT INTO customers VALUES ('cust_7');"
        "ALTER TABLE events ADD CONSTRAINT known_customer FOREIGN KEY (external_customer_id) REFERENCES customers;"
        "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.code = tg_argv[0] THEN RAISE "
        "EXCEPTION 'boom at %', new.transaction_id USING ERRCODE = 'BX001'; END IF; RETURN new; END $$;"
        "CREATE TRIGGER row BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION boom('boom');"
        "CREATE TRIGGER late AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION boom('late')");
  }

  static std::vector<std::string> Names(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("t" + std::to_string(i));
    return names;
  }

  static std::vector<Event> EventsNamed(const std::vector<std::string>& names) {
    std::vector<Event> events;
    for (const std::string& name : names) events.push_back(EventNamed(name));
    return events;
  }

  static auto CountKind(const std::vector<Outcome>& outcomes, Kind kind) {
    return std::ranges::count(outcomes, kind, &Outcome::kind);
  }
};

TEST_F(PoisonTest, RejectsFiveBadRowsOfTenThousandEachForItsOwnReason) {
  auto writer = Open();
  const auto names = Names(10'000);
  auto events = EventsNamed(names);
  events[10].transaction_id = std::string_view("nul\0here", 8);
  events[2500].properties = R"({"a":"\u0000"})";
  events[5000].code = "spam";
  events[7500].external_customer_id = "nobody";
  events[9990].code = "boom";
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(CountKind(outcomes, Kind::kInserted), 9995);
  EXPECT_EQ(CountKind(outcomes, Kind::kRejected), 5);
  EXPECT_EQ(SqlStateOf(outcomes[10].status), "22021");
  EXPECT_EQ(ServerErrorOf(outcomes[10].status).column, "transaction_id");
  EXPECT_EQ(SqlStateOf(outcomes[2500].status), "22P05");
  EXPECT_EQ(ServerErrorOf(outcomes[2500].status).column, "properties");
  EXPECT_EQ(SqlStateOf(outcomes[5000].status), "23514");
  EXPECT_EQ(ServerErrorOf(outcomes[5000].status).constraint, "no_spam");
  EXPECT_EQ(SqlStateOf(outcomes[7500].status), "23503");
  EXPECT_EQ(ServerErrorOf(outcomes[7500].status).constraint, "known_customer");
  EXPECT_EQ(SqlStateOf(outcomes[9990].status), "BX001");
  EXPECT_THAT(std::string(outcomes[9990].status.message()), HasSubstr("boom at t9990"));
  EXPECT_EQ(CountEvents(), 9995);
}

TEST_F(PoisonTest, FindsBadRowsAmongDuplicates) {
  auto writer = Open({.lanes = 1, .linger = absl::Seconds(1), .dedup_cache_bytes = 0});
  const auto names = Names(2000);
  auto events = EventsNamed(names);
  ASSERT_EQ(CountKind(writer->WriteBatch(std::span(events).first(1000), kLong), Kind::kInserted), 1000);
  events[1500].code = "spam";
  events[1700].code = "late";
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(CountKind(outcomes, Kind::kDuplicate), 1000);
  EXPECT_EQ(CountKind(outcomes, Kind::kInserted), 998);
  EXPECT_EQ(SqlStateOf(outcomes[1500].status), "23514");
  EXPECT_EQ(SqlStateOf(outcomes[1700].status), "BX001");
  EXPECT_EQ(CountEvents(), 1998);
}

TEST_F(PoisonTest, EndsWhenEveryRowIsBad) {
  auto writer = Open();
  const auto names = Names(1500);
  auto events = EventsNamed(names);
  for (const char* code : {"spam", "late"}) {
    for (Event& event : events) event.code = code;
    EXPECT_EQ(CountKind(writer->WriteBatch(events, kLong), Kind::kRejected), 1500) << code;
  }
  EXPECT_EQ(CountEvents(), 0);
}

TEST_F(PoisonTest, FindsTheRowWhoseTriggerRanIntoAnErrorOfItsOwn) {
  Run("CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.code = 'stumble' THEN PERFORM "
      "(SELECT 1 FROM generate_series(1, 2)); END IF; RETURN new; END $$; CREATE TRIGGER stumble AFTER INSERT ON "
      "events "
      "FOR EACH ROW EXECUTE FUNCTION stumble()");
  auto writer = Open({.lanes = 1, .linger = absl::Seconds(1)});
  const auto names = Names(20);
  auto events = EventsNamed(names);
  events[7].code = "stumble";
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(SqlStateOf(outcomes[7].status), "21000");
  EXPECT_EQ(CountKind(outcomes, Kind::kInserted), 19);
}

TEST_F(PoisonTest, BlamesTheRowThatIsTooBigAndNotTheOneThatWasReadLast) {
  Run("ALTER TABLE events ALTER COLUMN code SET STORAGE PLAIN, ALTER COLUMN properties SET STORAGE PLAIN");
  auto writer = Open({.lanes = 1, .linger = absl::Seconds(1)});
  const auto names = Names(1500);
  auto events = EventsNamed(names);
  const std::string big = "\"" + std::string(9000, 'x') + "\"", object = "{\"a\":" + big + "}";
  events[700].properties = object;
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(SqlStateOf(outcomes[700].status), "54000");
  EXPECT_EQ(CountKind(outcomes, Kind::kInserted), 1499);
}

TEST_F(PoisonTest, WaitsForASequenceThatHasComeToItsEnd) {
  auto writer = Open({.commit_timeout = absl::Milliseconds(500)});
  Run("ALTER SEQUENCE events_id_seq MAXVALUE 2 RESTART WITH 2");
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->WriteDurable(EventNamed("b"), kLong).status.code(), absl::StatusCode::kResourceExhausted);
  Run("ALTER SEQUENCE events_id_seq NO MAXVALUE");
  EXPECT_EQ(writer->WriteDurable(EventNamed("b"), kLong).kind, Kind::kInserted);
}

TEST_F(PoisonTest, FindsThemInADeferredConstraint) {
  Run("ALTER TABLE events ALTER CONSTRAINT known_customer DEFERRABLE INITIALLY DEFERRED");
  auto writer = Open({.lanes = 1, .linger = absl::Seconds(1)});
  const auto names = Names(100);
  auto events = EventsNamed(names);
  events[42].external_customer_id = "nobody";
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(CountKind(outcomes, Kind::kInserted), 99);
  EXPECT_EQ(SqlStateOf(outcomes[42].status), "23503");
}

TEST_F(PoisonTest, FindsThemWhateverLanguageTheServerSpeaks) {
  Run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lc_messages = ''de_DE.UTF-8''', current_database()); "
      "EXCEPTION "
      "WHEN others THEN NULL; END $$");
  auto writer = Open({.lanes = 1, .linger = absl::Seconds(1)});
  const auto names = Names(100);
  auto events = EventsNamed(names);
  events[42].code = "spam";
  EXPECT_EQ(SqlStateOf(writer->WriteBatch(events, kLong)[42].status), "23514");
  EXPECT_EQ(CountEvents(), 99);
}

TEST_F(PoisonTest, HandsTheRejectedToTheDeadLetterHook) {
  std::mutex mutex;
  std::vector<std::string> keys, codes, reasons;
  std::unique_ptr<EventWriter> writer;
  WriterOptions options;
  options.dead_letter = [&](const DeadLetter& letter) {
    const std::lock_guard lock(mutex);
    keys.emplace_back(letter.key);
    const auto event = writer->Decode(letter.tuple);
    ASSERT_TRUE(event.ok()) << event.status();
    codes.emplace_back(event->code);
    reasons.push_back(SqlStateOf(letter.reason));
    EXPECT_EQ(letter.table, "public.events");
  };
  writer = Open(options);
  Event spam = EventNamed("s");
  spam.code = "spam";
  const std::vector<Event> events = {EventNamed("a"), spam, EventNamed("z")};
  EXPECT_EQ(writer->WriteBatch(events, kLong)[1].kind, Kind::kRejected);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(keys, ::testing::ElementsAre("organization_id=0783aa7a-d953-5f66-aac9-945daa57d5b5, transaction_id=s"));
  EXPECT_THAT(codes, ::testing::ElementsAre("spam"));
  EXPECT_THAT(reasons, ::testing::ElementsAre("23514"));
}

TEST_F(PoisonTest, KeepsTheDetailOfARowFromOtherRows) {
  auto writer = Open();
  Run("ALTER TABLE events DROP COLUMN value");
  const std::vector<Event> events = {EventNamed("a"), EventNamed("b")};
  for (const Outcome& outcome : writer->WriteBatch(events, kLong)) {
    EXPECT_EQ(SqlStateOf(outcome.status), "42703");
    EXPECT_EQ(ServerErrorOf(outcome.status).detail, "");
  }
}

TEST_F(PoisonTest, CountsTheBatchesItTookApart) {
  auto writer = Open();
  Event spam = EventNamed("s");
  spam.code = "spam";
  EXPECT_EQ(writer->WriteDurable(spam, kLong).kind, Kind::kRejected);
  EXPECT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->stats().isolations, 1);
  EXPECT_EQ(writer->stats().rejected, 1);
}

}  // namespace
}  // namespace bxb
