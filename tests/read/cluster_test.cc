#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "pq/black_hole.h"
#include "read/cluster_fixture.h"
#include "read/trio.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::EphemeralPostgres;
using testing::EventLog;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::NameOf;
using ::testing::Not;
using testing::SharedServer;
using testing::SharedTrio;
using testing::Sql;
using testing::SqlValue;
using ::testing::StartsWith;
using testing::Text;
using testing::Trio;
using testing::Watching;
using Role = EndpointState::Role;

std::vector<std::string> LinesOf(const ClusterSnapshot& snapshot) {
  std::istringstream text(Text(snapshot));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

/// All have replayed what there is.
bool HaveNoLag(const Cluster& cluster) {
  const ClusterSnapshot snapshot = cluster.snapshot();
  return std::ranges::all_of(snapshot.endpoints, [](const EndpointState& state) {
    return state.healthy && state.lag_bytes == 0 && state.lag == absl::ZeroDuration();
  });
}

TEST(Cluster, KnowsRolesTimelineNamesAndPositions) {
  Trio& trio = SharedTrio();
  trio.AwaitReplay();
  const auto cluster = Cluster::Open(Watching(trio.endpoints())).value();
  ASSERT_TRUE(Eventually([&] { return HaveNoLag(*cluster); })) << cluster->snapshot();
  const ClusterSnapshot snapshot = cluster->snapshot();
  EXPECT_EQ(snapshot.primary, 0);
  EXPECT_EQ(snapshot.timeline, 1);
  const EphemeralPostgres* const servers[] = {trio.primary.get(), trio.one.get(), trio.two.get()};
  for (std::size_t i = 0; i < 3; ++i) {
    const EndpointState& state = snapshot.endpoints.at(i);
    EXPECT_EQ(state.name, NameOf(*servers[i]));
    EXPECT_EQ(state.role, i == 0 ? Role::kPrimary : Role::kStandby);
    EXPECT_EQ(state.timeline, 1);
    EXPECT_TRUE(state.on_timeline);
    EXPECT_EQ(state.position, snapshot.endpoints[0].position);
    EXPECT_LT(state.latency, absl::Milliseconds(500));
    EXPECT_LT(*state.age, absl::Seconds(1));
  }
  EXPECT_EQ(snapshot.endpoints[1].label, "a");
}

TEST(Cluster, IsPrintedAsATable) {
  Trio& trio = SharedTrio();
  const auto cluster = Cluster::Open(Watching(trio.endpoints())).value();
  ASSERT_TRUE(Eventually([&] { return HaveNoLag(*cluster); })) << cluster->snapshot();
  EXPECT_THAT(
      LinesOf(cluster->snapshot()),
      ElementsAre(AllOf(StartsWith("server "), HasSubstr("lag bytes")),
                  AllOf(StartsWith(NameOf(*trio.primary) + " (p)  primary        1  0/"), ::testing::EndsWith("  ok")),
                  AllOf(StartsWith(NameOf(*trio.one) + " (a)  standby        1  0/"), ::testing::EndsWith("  ok")),
                  AllOf(StartsWith(NameOf(*trio.two) + " (b)  standby        1  0/"), ::testing::EndsWith("  ok"))));
}

TEST(Cluster, FollowsThePrimarysLog) {
  Trio& trio = SharedTrio();
  const auto cluster = Cluster::Open(Watching(trio.endpoints())).value();
  Sql(trio.primary->dsn(), "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT generate_series(1, 1000)");
  const Lsn written = *Lsn::Parse(SqlValue(trio.primary->dsn(), "SELECT pg_current_wal_flush_lsn()"));
  EXPECT_TRUE(Eventually([&] {
    const ClusterSnapshot snapshot = cluster->snapshot();
    return std::ranges::all_of(snapshot.endpoints, [&](const auto& state) { return state.position >= written; });
  })) << cluster->snapshot();
}

TEST(Cluster, MayBeAPrimaryAlone) {
  const auto cluster = Cluster::Open({.dsn = SharedServer().dsn()}).value();
  const ClusterSnapshot snapshot = cluster->snapshot();
  ASSERT_EQ(snapshot.endpoints.size(), 1);
  EXPECT_EQ(snapshot.primary, 0);
  EXPECT_EQ(snapshot.endpoints[0].role, Role::kPrimary);
  EXPECT_EQ(snapshot.endpoints[0].label, "");
}

TEST(Cluster, MayBeAStandbyAlone) {
  const auto cluster = Cluster::Open({.dsn = SharedTrio().one->dsn()}).value();
  const ClusterSnapshot snapshot = cluster->snapshot();
  EXPECT_EQ(snapshot.primary, std::nullopt);
  EXPECT_EQ(snapshot.endpoints.at(0).role, Role::kStandby);
  EXPECT_EQ(snapshot.endpoints.at(0).lag, std::nullopt);
}

TEST(Cluster, TakesEveryHostOfADsnWhateverItsTargetIs) {
  Trio& trio = SharedTrio();
  for (const char* const target : {"any", "read-write", "prefer-standby"}) {
    const auto cluster =
        Cluster::Open({.dsn = fmt::format("host={},{},{} user=postgres dbname=postgres target_session_attrs={}",
                                          trio.one->dir(), trio.primary->dir(), trio.two->dir(), target)});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    const ClusterSnapshot snapshot = (*cluster)->snapshot();
    ASSERT_EQ(snapshot.endpoints.size(), 3) << target;
    EXPECT_EQ(snapshot.primary, 1);
    EXPECT_EQ(snapshot.endpoints[2].name, NameOf(*trio.two));
    EXPECT_TRUE(snapshot.endpoints[2].healthy);
  }
}

TEST(Cluster, OpensWithSomeServersDown) {
  const testing::BlackHole hole;
  EventLog log;
  ClusterOptions options = Watching({{.dsn = "host=/nowhere/at-all user=u password=hush"},
                                     {.dsn = fmt::format("host=127.0.0.1 port={} password=hush", hole.port())},
                                     {.dsn = SharedServer().dsn()}});
  options.on_event = log.hook();
  const auto cluster = Cluster::Open(options);
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  const ClusterSnapshot snapshot = (*cluster)->snapshot();
  EXPECT_EQ(snapshot.primary, 2);
  EXPECT_EQ(snapshot.endpoints[0].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(snapshot.endpoints[1].status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(snapshot.endpoints[0].role, Role::kUnknown);
  EXPECT_TRUE(Eventually([&] { return log.Count(ClusterEvent::Kind::kLost, snapshot.endpoints[1].name) == 1; }));
  EXPECT_EQ(log.Count(ClusterEvent::Kind::kLost, "/nowhere/at-all:5432"), 1);
  EXPECT_THAT(Text(snapshot) + log.text(), Not(HasSubstr("hush")));
}

TEST(Cluster, NamesEveryServerWhereNobodyAnswers) {
  const testing::BlackHole hole;
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status =
      Cluster::Open(Watching({{.dsn = "host=/nowhere/at-all user=u password=hush"},
                              {.dsn = fmt::format("host=127.0.0.1 port={} password=hush", hole.port())}}))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(MessageOf(status),
              AllOf(StartsWith("no server answers: /nowhere/at-all:5432: connection to server on socket"),
                    HasSubstr(fmt::format(
                        "; 127.0.0.1:{}: connecting to \"127.0.0.1\": the server did not answer in time", hole.port())),
                    Not(HasSubstr("hush"))));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Cluster, SaysThatADatabaseIsMissingOnAllServers) {
  Trio& trio = SharedTrio();
  const absl::Status status = Cluster::Open(Watching(trio.endpoints("no_such"))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(MessageOf(status), AllOf(HasSubstr(NameOf(*trio.primary)), HasSubstr(NameOf(*trio.two))));
}

TEST(Cluster, SaysThatAPasswordIsWrongAndShowsNone) {
  const auto server =
      EphemeralPostgres::Start({.hba = "local all postgres trust\nlocal all all scram-sha-256\n"}).value();
  Sql(server->dsn(), "CREATE ROLE app LOGIN PASSWORD 'right'");
  const absl::Status status = Cluster::Open({.dsn = server->dsn() + " user=app password=wr0ng"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  EXPECT_THAT(MessageOf(status), AllOf(StartsWith("no server answers: " + NameOf(*server)), Not(HasSubstr("wr0ng"))));
  EXPECT_TRUE(Cluster::Open({.dsn = server->dsn() + " user=app password=right"}).ok());
}

TEST(Cluster, RefusesServersOfDifferentClusters) {
  const auto identifier = [](const EphemeralPostgres& server) {
    return SqlValue(server.dsn(), "SELECT system_identifier FROM pg_control_system()");
  };
  Trio& trio = SharedTrio();
  const absl::Status status =
      Cluster::Open(Watching({{.dsn = trio.primary->dsn()}, {.dsn = trio.one->dsn()}, {.dsn = SharedServer().dsn()}}))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(MessageOf(status), AllOf(HasSubstr("belongs to another cluster"), HasSubstr(identifier(*trio.primary)),
                                       HasSubstr(identifier(SharedServer()))));
}

TEST(Cluster, NeedsNoPrivilegeButConnect) {
  Trio& trio = SharedTrio();
  Sql(trio.primary->dsn(), "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN");
  Sql(trio.primary->dsn(), "REVOKE ALL ON SCHEMA public FROM PUBLIC");
  trio.AwaitReplay();
  std::vector<Endpoint> endpoints = trio.endpoints();
  for (Endpoint& endpoint : endpoints) endpoint.dsn += " user=plain";
  const auto cluster = Cluster::Open(Watching(endpoints));
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_TRUE(Eventually([&] { return HaveNoLag(**cluster); })) << (*cluster)->snapshot();
  for (const EndpointState& state : (*cluster)->snapshot().endpoints) EXPECT_TRUE(state.on_timeline);
}

// A hot standby has no serializable transactions, and says so with the first snapshot of one.
TEST(Cluster, DoesNotMindARolesDefaultIsolation) {
  Trio& trio = SharedTrio();
  Sql(trio.primary->dsn(), "DROP ROLE IF EXISTS strict; CREATE ROLE strict LOGIN");
  Sql(trio.primary->dsn(), "ALTER ROLE strict SET default_transaction_isolation = 'serializable'");
  trio.AwaitReplay();
  std::vector<Endpoint> endpoints = trio.endpoints();
  for (Endpoint& endpoint : endpoints) endpoint.dsn += " user=strict";
  const auto cluster = Cluster::Open(Watching(endpoints)).value();
  EXPECT_TRUE(Eventually([&] { return HaveNoLag(*cluster); })) << cluster->snapshot();
}

TEST(Cluster, ShowsItsNameInPgStatActivity) {
  const auto watched = [](const std::string& name) {
    return SqlValue(SharedServer().dsn(),
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
  };
  const auto cluster = Cluster::Open({.dsn = SharedServer().dsn()}).value();
  EXPECT_EQ(watched("bxb-monitor"), "1");
  const auto mine = Cluster::Open({.dsn = SharedServer().dsn(), .application_name = "mine"}).value();
  EXPECT_EQ(watched("mine"), "1");
}

TEST(Cluster, AsksAgainOnANewConnectionWhereTheOldOneWasEnded) {
  EventLog log;
  ClusterOptions options = Watching({{.dsn = SharedServer().dsn() + " application_name=ended"}});
  options.on_event = log.hook();
  const auto cluster = Cluster::Open(options).value();
  const auto pids = [] {
    return SqlValue(SharedServer().dsn(), "SELECT min(pid) FROM pg_stat_activity WHERE application_name = 'ended'");
  };
  const std::string before = pids();
  Sql(SharedServer().dsn(), "SELECT pg_terminate_backend(" + before + ")");
  EXPECT_TRUE(Eventually([&] { return pids() != before && pids() != "NULL"; }));
  EXPECT_EQ(log.text(), "");
}

std::multiset<std::string> MonitorThreads() {
  std::multiset<std::string> names;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    if (std::getline(file, name) && name.starts_with("bxb-monitor")) names.insert(name);
  }
  return names;
}

TEST(Cluster, HasAThreadForEachEndpointWhileItLives) {
  auto cluster = Cluster::Open(Watching(SharedTrio().endpoints())).value();
  EXPECT_THAT(MonitorThreads(), ElementsAre("bxb-monitor-0", "bxb-monitor-1", "bxb-monitor-2"));
  cluster.reset();
  EXPECT_THAT(MonitorThreads(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace bxb
