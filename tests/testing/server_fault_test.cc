// Servers that stop, crash and hang.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "pq/connection.h"
#include "pq/deadline.h"
#include "testing/ask.h"

namespace bxb::testing {
namespace {

pq::Connection Connect(const EphemeralPostgres& server) {
  return pq::Connection::Open(server.dsn(), "test", pq::After(absl::Seconds(10))).value();
}

/// One server for all tests, since each of them can start it again.
class ServerFault : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = EphemeralPostgres::Start().value(); }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    if (server->pid() == 0) {
      ASSERT_TRUE(server->Restart().ok());
    }
    Execute(*server, "DROP TABLE IF EXISTS t; CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  }

  static std::string CountRows() { return Ask(*server, "SELECT count(*) FROM t"); }

  static inline std::unique_ptr<EphemeralPostgres> server;
};

TEST_F(ServerFault, StoppedServerRefusesConnectionsUntilRestarted) {
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_EQ(server->pid(), 0);
  EXPECT_FALSE(server->Query("SELECT 1").ok());
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(ServerFault, StopEndsOpenConnections) {
  pq::Connection connection = Connect(*server);
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_FALSE(connection.Query("SELECT 1", pq::After(absl::Seconds(10))).ok());
  EXPECT_TRUE(connection.lost());
}

TEST_F(ServerFault, RestartBouncesARunningServer) {
  const int before = server->pid();
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_NE(server->pid(), before);
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(ServerFault, StoppingTwiceIsNoError) {
  EXPECT_TRUE(server->Stop().ok());
  EXPECT_TRUE(server->Stop().ok());
  EXPECT_TRUE(server->Kill().ok());
}

TEST_F(ServerFault, SurvivesACrashWithCommittedDataOnly) {
  pq::Connection open = Connect(*server);
  ASSERT_TRUE(open.Query("BEGIN; INSERT INTO t VALUES (2)", pq::After(absl::Seconds(10))).ok());
  Execute(*server, "INSERT INTO t VALUES (3)");
  ASSERT_TRUE(server->Kill().ok());
  EXPECT_EQ(server->pid(), 0);
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_EQ(Ask(*server, "SELECT string_agg(id::text, ',' ORDER BY id) FROM t"), "1,3");
}

TEST_F(ServerFault, RecoversFromManyCrashesInARow) {
  for (int crash = 0; crash < 3; ++crash) {
    ASSERT_TRUE(server->Kill().ok());
    const absl::Status restarted = server->Restart();
    ASSERT_TRUE(restarted.ok()) << restarted;
    Execute(*server, "INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(CountRows(), "4");
}

TEST_F(ServerFault, FrozenServerAnswersNothingUntilThawed) {
  pq::Connection before = Connect(*server);
  ASSERT_TRUE(server->Freeze().ok());
  EXPECT_FALSE(before.Query("SELECT 1", pq::After(absl::Milliseconds(300))).ok());
  EXPECT_FALSE(pq::Connection::Open(server->dsn(), "test", pq::After(absl::Milliseconds(300))).ok());
  ASSERT_TRUE(server->Thaw().ok());
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(ServerFault, FreezingKeepsConnectionsOpen) {
  pq::Connection connection = Connect(*server);
  ASSERT_TRUE(server->Freeze().ok());
  ASSERT_TRUE(server->Thaw().ok());
  EXPECT_TRUE(connection.Query("SELECT 1", pq::After(absl::Seconds(10))).ok());
}

TEST_F(ServerFault, FrozenServerCanBeKilledAndRestarted) {
  ASSERT_TRUE(server->Freeze().ok());
  ASSERT_TRUE(server->Kill().ok());
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_EQ(CountRows(), "1");
}

TEST_F(ServerFault, StoppedServerCannotBeFrozen) {
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_EQ(server->Freeze().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(server->Thaw().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace bxb::testing
