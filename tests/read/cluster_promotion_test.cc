#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read/cluster_fixture.h"
#include "read/trio.h"
#include "support/sql.h"

namespace bxb {
namespace {

using testing::EphemeralPostgres;
using testing::EventLog;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::NameOf;
using testing::Sql;
using testing::SqlValue;
using testing::Text;
using testing::Trio;
using testing::Watching;
using Kind = ClusterEvent::Kind;
using Role = EndpointState::Role;

constexpr std::size_t kOld = 0, kNew = 1, kOther = 2;

/// A trio whose first standby is promoted, watched by a superuser and by a role that may not see pg_stat_wal_receiver.
class ClusterPromotion : public ::testing::Test {
 protected:
  ClusterPromotion() {
    Sql(trio_.primary->dsn(), "CREATE ROLE plain LOGIN; CREATE TABLE t (a int)");
    trio_.AwaitReplay();
    ClusterOptions options = Watching(trio_.endpoints());
    options.on_event = log_.hook();
    seeing_ = Cluster::Open(options).value();
    for (Endpoint& endpoint : options.endpoints) endpoint.dsn += " user=plain";
    options.on_event = {};
    plain_ = Cluster::Open(options).value();
  }

  bool Turned(const Cluster& cluster) const {
    return Eventually([&] { return cluster.snapshot().primary == kNew && cluster.snapshot().timeline == 2; });
  }

  static EndpointState State(const Cluster& cluster, std::size_t server) {
    return cluster.snapshot().endpoints[server];
  }

  void Repoint(EphemeralPostgres& standby, const EphemeralPostgres& primary) {
    Sql(standby.dsn(), fmt::format("ALTER SYSTEM SET primary_conninfo = 'host={} user=postgres'", primary.dir()));
    Sql(standby.dsn(), "SELECT pg_reload_conf()");
  }

  Trio trio_;
  EventLog log_;
  std::shared_ptr<Cluster> seeing_;
  std::shared_ptr<Cluster> plain_;
};

TEST_F(ClusterPromotion, IsToldAndTheOtherStandbyServesAgainOnceItFollows) {
  ASSERT_TRUE(trio_.primary->Kill().ok());
  ASSERT_TRUE(trio_.one->Promote().ok());
  for (const auto& cluster : {seeing_, plain_}) {
    EXPECT_TRUE(Turned(*cluster)) << cluster->snapshot();
    EXPECT_FALSE(State(*cluster, kOther).on_timeline) << cluster->snapshot();
    EXPECT_TRUE(State(*cluster, kOther).healthy);
    EXPECT_EQ(State(*cluster, kOther).lag_bytes, std::nullopt);
  }
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kDemoted, NameOf(*trio_.primary)) == 1; })) << log_.text();
  EXPECT_EQ(log_.Count(Kind::kPromoted, NameOf(*trio_.one)), 1) << log_.text();
  EXPECT_THAT(log_.text(), HasSubstr(NameOf(*trio_.one) + " promoted: timeline 2\n"));

  Repoint(*trio_.two, *trio_.one);
  Sql(trio_.one->dsn(), "INSERT INTO t VALUES (1)");
  EXPECT_TRUE(Eventually([&] {
    const EndpointState state = State(*seeing_, kOther);
    return state.on_timeline && state.timeline == 2 && state.lag_bytes == 0;
  })) << seeing_->snapshot();

  Sql(trio_.one->dsn(), "CHECKPOINT");
  ASSERT_TRUE(trio_.two->WaitForReplay(*trio_.one, absl::Seconds(30)).ok());
  EXPECT_FALSE(State(*plain_, kOther).on_timeline) << plain_->snapshot();
  Sql(trio_.two->dsn(), "CHECKPOINT");
  EXPECT_TRUE(Eventually([&] { return State(*plain_, kOther).on_timeline; })) << plain_->snapshot();
  EXPECT_EQ(log_.Count(Kind::kPromoted, NameOf(*trio_.one)), 1) << log_.text();
}

TEST_F(ClusterPromotion, LeavesOutTheOldPrimaryWhenItComesBack) {
  ASSERT_TRUE(trio_.primary->Kill().ok());
  ASSERT_TRUE(trio_.one->Promote().ok());
  ASSERT_TRUE(Turned(*seeing_)) << seeing_->snapshot();
  ASSERT_TRUE(trio_.primary->Restart().ok());
  EXPECT_TRUE(Eventually([&] { return State(*seeing_, kOld).healthy; }));
  Sql(trio_.primary->dsn(), "INSERT INTO t SELECT generate_series(1, 1000)");
  const EndpointState old = State(*seeing_, kOld);
  EXPECT_EQ(old.role, Role::kPrimary);
  EXPECT_EQ(old.timeline, 1);
  EXPECT_FALSE(old.on_timeline);
  EXPECT_EQ(seeing_->snapshot().primary, kNew);
  EXPECT_THAT(Text(seeing_->snapshot()), HasSubstr("on another timeline"));
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kBack, NameOf(*trio_.primary)) == 1; }));
  EXPECT_EQ(log_.Count(Kind::kDemoted, NameOf(*trio_.primary)), 1) << log_.text();
}

TEST_F(ClusterPromotion, BesideALivingPrimaryMakesTheLaterOneThePrimary) {
  ASSERT_TRUE(trio_.one->Promote().ok());
  EXPECT_TRUE(Turned(*seeing_)) << seeing_->snapshot();
  EXPECT_TRUE(Eventually([&] { return log_.Count(Kind::kDemoted, NameOf(*trio_.primary)) == 1; })) << log_.text();
  EXPECT_TRUE(State(*seeing_, kOld).healthy);
  EXPECT_FALSE(State(*seeing_, kOld).on_timeline);
  EXPECT_FALSE(State(*seeing_, kOther).on_timeline) << "it follows the old one";
}

// Both call what they go on with timeline 2.
TEST_F(ClusterPromotion, OfTwoServersApartIsAContestOfTheirTimeline) {
  ASSERT_TRUE(trio_.primary->Stop().ok());
  ASSERT_TRUE(trio_.one->Promote().ok());
  ASSERT_TRUE(Turned(*seeing_)) << seeing_->snapshot();
  const auto reader = Reader::Open({.cluster = seeing_}).value();
  const auto count = [&](const ReadOptions& options) {
    return reader->Query("SELECT count(*) FROM t", {}, [](TextRow) { return absl::OkStatus(); }, options);
  };
  const auto before = count({});
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->token.timeline, 2);
  ASSERT_TRUE(trio_.two->Promote().ok());
  EXPECT_TRUE(Eventually([&] { return seeing_->snapshot().contested; })) << seeing_->snapshot();
  Sql(trio_.two->dsn(), "INSERT INTO t SELECT generate_series(1, 1000)");
  EXPECT_TRUE(count({}).ok());
  ASSERT_TRUE(trio_.one->Stop().ok());
  EXPECT_TRUE(Eventually([&] { return seeing_->snapshot().primary == kOther; })) << seeing_->snapshot();
  const absl::Status refused = count({.at_least = before->token, .timeout = absl::Milliseconds(500)}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDeadlineExceeded) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(fmt::format("{} and {} are both primaries on timeline 2",
                                                                    NameOf(*trio_.one), NameOf(*trio_.two))));
  EXPECT_TRUE(count({}).ok());
  EXPECT_EQ(log_.Count(Kind::kContested, NameOf(*trio_.two)), 1) << log_.text();
}

// It has replayed more of the old timeline than the promoted one ever had.
TEST_F(ClusterPromotion, LeavesAStandbyOutThatHasGoneTooFarOnTheOldTimeline) {
  ASSERT_TRUE(trio_.one->Kill().ok());
  Sql(trio_.primary->dsn(), "INSERT INTO t SELECT generate_series(1, 1000)");
  ASSERT_TRUE(trio_.two->WaitForReplay(*trio_.primary, absl::Seconds(30)).ok());
  ASSERT_TRUE(trio_.primary->Kill().ok());
  ASSERT_TRUE(trio_.one->Restart().ok());
  ASSERT_TRUE(trio_.one->Promote().ok());
  ASSERT_TRUE(Turned(*seeing_)) << seeing_->snapshot();
  Repoint(*trio_.two, *trio_.one);
  Sql(trio_.one->dsn(), "CHECKPOINT");
  Sql(trio_.two->dsn(), "CHECKPOINT");
  const auto until = pq::After(absl::Seconds(2));
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_FALSE(State(*seeing_, kOther).on_timeline) << seeing_->snapshot();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(SqlValue(trio_.two->dsn(), "SELECT count(*) FROM t"), "1000");
  EXPECT_EQ(SqlValue(trio_.one->dsn(), "SELECT count(*) FROM t"), "0");
}

TEST(ClusterCascade, HasAStandbyOfAStandbyThatFollowsThePromotedOne) {
  const auto primary = EphemeralPostgres::Start().value();
  const auto standby = primary->StartStandby("upstream").value();
  auto cascade = standby->StartStandby("cascade");
  ASSERT_TRUE(cascade.ok()) << cascade.status();
  Sql(primary->dsn(), "CREATE TABLE t (a int)");
  const auto cluster = Cluster::Open(Watching({{primary->dsn()}, {standby->dsn()}, {(*cascade)->dsn()}})).value();
  const auto follows = [&](std::uint32_t timeline) {
    const EndpointState state = cluster->snapshot().endpoints[2];
    return state.role == Role::kStandby && state.timeline == timeline && state.on_timeline && state.lag_bytes == 0;
  };
  EXPECT_TRUE(Eventually([&] { return follows(1); })) << cluster->snapshot();
  ASSERT_TRUE(primary->Kill().ok());
  ASSERT_TRUE(standby->Promote().ok());
  EXPECT_TRUE(Eventually([&] { return follows(2); })) << cluster->snapshot();
  EXPECT_EQ(cluster->snapshot().primary, 1);
}

}  // namespace
}  // namespace bxb
