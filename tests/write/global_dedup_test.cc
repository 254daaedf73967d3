// Duplicates over partitions, told by the key alone: the key table.
#include "support/socket_proxy.h"
#include "write/partition_fixture.h"

namespace bxb {
namespace {

using testing::CutPoint;
using Kind = Outcome::Kind;

const WriterOptions kOneBatch = {.linger = absl::Milliseconds(200)};

class GlobalDedupTest : public PartitionTest {
 protected:
  void SetUp() override { CreateGlobalTable(); }

  std::unique_ptr<EventWriter> OpenThroughProxy(WriterOptions options = kOneBatch) {
    options = AllTimes(std::move(options));
    options.dsn = proxy_.dsn(database_);
    auto writer = EventWriter::Open(options);
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return *std::move(writer);
  }

  /// Each event has its key in the key table, and each key one event.
  void ExpectKeysAndEventsAgree() {
    EXPECT_EQ(Value("SELECT count(*) FROM events FULL JOIN events_keys USING (organization_id, transaction_id) WHERE "
                    "events IS NULL OR events_keys IS NULL"),
              "0");
    EXPECT_EQ(Value("SELECT count(*) - count(DISTINCT (organization_id, transaction_id)) FROM events"), "0");
  }

  const std::string database_ = Value("SELECT current_database()");
  testing::SocketProxy proxy_{testing::SharedServer().dir()};
};

TEST_F(GlobalDedupTest, FindsADuplicateWithAnotherTime) {
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 600), kLong), Kind::kInserted), 600);
  auto other = OpenPartitioned(kOneBatch);
  const auto outcomes = other->WriteBatch(EventsOf(2, 600, 300), kLong);
  EXPECT_EQ(Count(outcomes, Kind::kDuplicate), 300);
  EXPECT_EQ(outcomes[0].kind, Kind::kDuplicate);
  EXPECT_EQ(outcomes[599].kind, Kind::kInserted);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d2"), "300");
  ExpectKeysAndEventsAgree();
}

TEST_F(GlobalDedupTest, InsertsTheFirstOfABatchThatRepeatsAKey) {
  WriterOptions options = kOneBatch;
  options.dedup_cache_bytes = 0;
  auto writer = OpenPartitioned(options);
  auto events = EventsOf(2, 300);
  for (const Event& again : EventsOf(1, 300)) events.push_back(again);
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 300);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted);
  EXPECT_EQ(outcomes[300].kind, Kind::kDuplicate);
  EXPECT_EQ(Value("SELECT count(*) FROM events_d1"), "0");
  ExpectKeysAndEventsAgree();
}

TEST_F(GlobalDedupTest, SettlesADoubtWhereverTheConnectionBreaks) {
  auto writer = OpenThroughProxy();
  int first = 0;
  for (const CutPoint point :
       {CutPoint::kBeforeData, CutPoint::kInsideData, CutPoint::kAfterEndMarker, CutPoint::kBeforeReply}) {
    proxy_.CutNext(point);
    EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 500, first), kLong), Kind::kInserted), 500);
    EXPECT_EQ(proxy_.cuts(point), 1);
    first += 500;
  }
  EXPECT_EQ(CountEvents(), 2000);
  ExpectKeysAndEventsAgree();
}

TEST_F(GlobalDedupTest, RejectsBadRowsWithoutLeavingTheirKeys) {
  Run("ALTER TABLE events ADD CHECK (value > 0)");
  auto writer = OpenPartitioned(kOneBatch);
  auto events = EventsOf(1, 1000);
  events[10].value = events[500].value = events[999].value = -1;
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(Count(outcomes, Kind::kInserted), 997);
  EXPECT_EQ(SqlStateOf(outcomes[500].status), "23514");
  EXPECT_EQ(CountEvents(), 997);
  ExpectKeysAndEventsAgree();
  events[500].value = 1;
  EXPECT_EQ(writer->WriteDurable(events[500], kLong).kind, Kind::kInserted);
}

TEST_F(GlobalDedupTest, LooksUpTheKeysWhileMostBatchesHoldDuplicates) {
  const auto events = EventsOf(1, 400);
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(events, kLong), Kind::kInserted), 400);
  WriterOptions options = kOneBatch;
  options.dedup_cache_bytes = 0;
  auto other = OpenPartitioned(options);
  for (int round = 0; round < 6; ++round) {
    EXPECT_EQ(Count(other->WriteBatch(events, kLong), Kind::kDuplicate), 400);
  }
  EXPECT_GT(other->stats().lookups, 0);
  EXPECT_GT(other->stats().merges, 0);
  EXPECT_EQ(CountEvents(), 400);
}

TEST_F(GlobalDedupTest, FindsARowWhoseKeyIsForgottenByItsTime) {
  Run("ALTER TABLE events ADD UNIQUE (organization_id, transaction_id, timestamp)");
  auto writer = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(writer->WriteBatch(EventsOf(1, 300), kLong), Kind::kInserted), 300);
  Run("DELETE FROM events_keys");
  auto other = OpenPartitioned(kOneBatch);
  EXPECT_EQ(Count(other->WriteBatch(EventsOf(1, 300), kLong), Kind::kDuplicate), 300);
  ExpectKeysAndEventsAgree();
}

TEST_F(GlobalDedupTest, SaysWhatIsWrongWithAKeyTable) {
  Run("ALTER TABLE events_keys DROP CONSTRAINT events_keys_pkey");
  const auto status = EventWriter::Open(AllTimes({.dsn = dsn_})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("key table public.events_keys: there is no unique index on exactly "
                                   "(organization_id, transaction_id)"));
}

}  // namespace
}  // namespace bxb
