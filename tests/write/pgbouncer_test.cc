#include "support/pgbouncer.h"

#include <thread>

#include "write/writer_fixture.h"

namespace bxb {
namespace {

using Kind = Outcome::Kind;

class PgBouncerTest : public WriterTest {
 protected:
  std::unique_ptr<EventWriter> OpenPooled(WriterOptions options = {}) {
    options.dsn = bouncer_.dsn();
    options.create_table = true;
    auto writer = EventWriter::Open(options);
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return *std::move(writer);
  }

  testing::PgBouncer bouncer_{testing::SharedServer(), Value("SELECT current_database()")};
};

TEST_F(PgBouncerTest, InsertsAndMergesInTransactionMode) {
  auto writer = OpenPooled({.lanes = 4, .batch_rows = 100, .dedup_cache_bytes = 0});
  WriteMany(*writer, 2000);
  EXPECT_EQ(writer->Flush(kLong).inserted, 2000);
  WriteMany(*writer, 3000);
  const FlushReport report = writer->Close(kLong);
  EXPECT_EQ(report.inserted, 1000) << report;
  EXPECT_EQ(report.duplicates, 2000);
  EXPECT_EQ(CountEvents(), 3000);
}

TEST_F(PgBouncerTest, LeavesNoSettingAndNoTransactionToTheNextClient) {
  auto writer = OpenPooled({.synchronous_commit = SynchronousCommit::kOff, .lanes = 1});
  Run("ALTER TABLE events ADD CHECK (code <> 'spam')");
  Event spam = EventNamed("s");
  spam.code = "spam";
  EXPECT_EQ(writer->WriteDurable(spam).kind, Kind::kRejected);
  EXPECT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  const std::string state =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE "
      "'idle in transaction%'";
  EXPECT_EQ(Value(state), "0");
  EXPECT_EQ(testing::SqlValue(bouncer_.dsn(), "SHOW synchronous_commit"), "on");
}

TEST_F(PgBouncerTest, IsolatesBadRowsAmongDuplicates) {
  auto writer = OpenPooled({.lanes = 2, .linger = absl::Milliseconds(100), .dedup_cache_bytes = 0});
  Run("ALTER TABLE events ADD CHECK (code <> 'spam')");
  ASSERT_EQ(writer->WriteDurable(EventNamed("a"), kLong).kind, Kind::kInserted);
  Event spam = EventNamed("s");
  spam.code = "spam";
  const std::vector<Event> events = {EventNamed("a"), spam, EventNamed("z")};
  const auto outcomes = writer->WriteBatch(events, kLong);
  EXPECT_EQ(outcomes[0].kind, Kind::kDuplicate) << outcomes[0];
  EXPECT_EQ(SqlStateOf(outcomes[1].status), "23514");
  EXPECT_EQ(outcomes[2].kind, Kind::kInserted) << outcomes[2];
}

TEST_F(PgBouncerTest, WarmsUp) {
  {
    auto before = OpenPooled();
    WriteMany(*before, 100);
    ASSERT_TRUE(before->Flush(kLong).all_stored());
  }
  auto writer = OpenPooled({.warm_up_keys = 100});
  EXPECT_TRUE(writer->Write(EventNamed("txn_7"))->TryGet().has_value());
}

TEST_F(PgBouncerTest, ServesMoreLanesThanServerConnections) {
  auto writer = OpenPooled({.lanes = 8});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(writer->WriteDurable(EventNamed(std::to_string(t * 100 + i)), kLong).stored());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(CountEvents(), 200);
}

}  // namespace
}  // namespace bxb
