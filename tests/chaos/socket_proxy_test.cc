#include "support/socket_proxy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "pq/connection.h"
#include "support/shared_server.h"
#include "support/sql.h"
#include "support/temporary_folder.h"

namespace bxb::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

/// A proxy in front of a server with an empty table, and a client behind it.
class SocketProxyTest : public ::testing::Test {
 protected:
  SocketProxyTest() { Sql(SharedServer().dsn(database_), "CREATE TABLE t (line text)"); }

  pq::Connection Connect() { return *pq::Connection::Open(proxy_.dsn(database_), "test", pq::After(kPatience)); }

  pq::CopyResult CopyOneRow(pq::Connection& connection, const std::string& sql = "BEGIN; COPY t FROM STDIN; COMMIT") {
    bool sent = false;
    const auto next = [&] { return std::exchange(sent, true) ? std::string_view() : std::string_view("a line\n"); };
    return connection.Copy(sql, next, [](std::string_view) {}, pq::After(kPatience));
  }

  /// Copies a row, cut at this point; returns whether the end marker was sent.
  bool CopyAndBeCut(CutPoint point) {
    auto connection = Connect();
    proxy_.CutNext(point);
    const pq::CopyResult result = CopyOneRow(connection);
    EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable) << result.status;
    EXPECT_FALSE(result.committed);
    EXPECT_TRUE(proxy_.AwaitCuts(point, 1, kPatience));
    return result.end_sent;
  }

  std::string CountRows() { return SqlValue(SharedServer().dsn(database_), "SELECT count(*) FROM t"); }

  // The last of a cut client's work: its backend ends when it finds nobody there.
  void AwaitServer() {
    const std::string others =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while (SqlValue(SharedServer().dsn(database_), others) != "0") {
    }
  }

  const std::string database_ = SharedServer().CreateDatabase().value();
  SocketProxy proxy_{SharedServer().dir()};
};

TEST_F(SocketProxyTest, PassesEverythingOn) {
  auto connection = Connect();
  const pq::CopyResult result = CopyOneRow(connection);
  EXPECT_TRUE(result.committed) << result.status;
  EXPECT_EQ(connection.Query("SELECT repeat('x', 3000000)", pq::After(kPatience))->at(0).at(0)->size(), 3'000'000);
}

TEST_F(SocketProxyTest, CutsBeforeAndInsideTheDataCommitNothing) {
  CopyAndBeCut(CutPoint::kBeforeData);
  CopyAndBeCut(CutPoint::kInsideData);
  AwaitServer();
  EXPECT_EQ(CountRows(), "0");
}

TEST_F(SocketProxyTest, ACutBehindTheEndMarkerLeavesThisSmallCopyCommitted) {
  EXPECT_TRUE(CopyAndBeCut(CutPoint::kAfterEndMarker));
  AwaitServer();
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(SocketProxyTest, ACutBeforeTheReplyComesAfterTheCommit) {
  EXPECT_TRUE(CopyAndBeCut(CutPoint::kBeforeReply));
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(SocketProxyTest, WaitsForACommitToCutBehind) {
  auto connection = Connect();
  proxy_.CutNext(CutPoint::kBeforeReply);
  EXPECT_FALSE(connection.Query("SELECT 1 / 0", pq::After(kPatience)).ok());
  const auto refused = CopyOneRow(connection, "BEGIN; COPY t FROM STDIN (FORMAT binary); COMMIT");
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kInvalidArgument) << refused.status;
  EXPECT_EQ(proxy_.cuts(CutPoint::kBeforeReply), 0);
  EXPECT_TRUE(connection.Query("ROLLBACK", pq::After(kPatience)).ok());
  EXPECT_FALSE(CopyOneRow(connection).status.ok());
  EXPECT_EQ(proxy_.cuts(CutPoint::kBeforeReply), 1);
}

TEST_F(SocketProxyTest, CutsAllConnectionsAndTakesNewOnes) {
  auto one = Connect(), two = Connect();
  EXPECT_EQ(proxy_.CutAll(), 2);
  EXPECT_FALSE(one.Query("SELECT 1", pq::After(kPatience)).ok());
  EXPECT_FALSE(two.Query("SELECT 1", pq::After(kPatience)).ok());
  EXPECT_TRUE(Connect().Query("SELECT 1", pq::After(kPatience)).ok());
}

TEST_F(SocketProxyTest, StalledItKeepsConnectionsAndLetsNothingPass) {
  auto kept = Connect(), lost = Connect();
  proxy_.Stall();
  EXPECT_FALSE(lost.Query("SELECT 1", pq::After(absl::Milliseconds(100))).ok());
  proxy_.Resume();
  EXPECT_TRUE(kept.Query("SELECT 1", pq::After(kPatience)).ok());
}

TEST_F(SocketProxyTest, HangsUpWhereNoServerListens) {
  proxy_.Retarget("/nonexistent");
  const auto refused = pq::Connection::Open(proxy_.dsn(database_), "test", pq::After(kPatience));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
  proxy_.Retarget(SharedServer().dir());
  EXPECT_TRUE(Connect().Query("SELECT 1", pq::After(kPatience)).ok());
}

TEST(TemporaryFolderTest, GoesWithAProgramThatIsKilled) {
  const TemporaryFolder outer;
  const std::string note = outer.path() + "/note";
  EXPECT_EXIT(
      {
        const TemporaryFolder inner;
        std::ofstream(note) << inner.path() << std::flush;
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  std::string inner;
  std::ifstream(note) >> inner;
  ASSERT_FALSE(inner.empty());
  const auto deadline = pq::After(kPatience);
  while (std::filesystem::exists(inner) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(std::filesystem::exists(inner)) << inner;
}

}  // namespace
}  // namespace bxb::testing
