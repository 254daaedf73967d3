#include <gtest/gtest.h>

#include "read/topology_fixture.h"

namespace bxb::read {
namespace {

using std::chrono::milliseconds;

TEST_F(TopologyOfThree, KnowsNothingAtFirst) {
  EXPECT_EQ(Qualified(), "");
  EXPECT_EQ(PrimaryName(), "none");
  const EndpointState state = State(kA);
  EXPECT_EQ(state.role, EndpointState::Role::kUnknown);
  EXPECT_FALSE(state.healthy || state.on_timeline || state.age || state.lag || state.lag_bytes);
  EXPECT_EQ(state.latency, absl::InfiniteDuration());
}

TEST_F(TopologyOfThree, HasAPrimaryAndStandbys) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 90);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(topology_.timeline(), 1);
  EXPECT_EQ(Qualified(), "abc");
  EXPECT_EQ(Events(), Happened{});
  EXPECT_TRUE(State(kC).on_timeline);
}

TEST_F(TopologyOfThree, ReckonsLagByTheLogAndNotByClocks) {
  Primary(kA, 100);
  Pass(1000);
  Primary(kA, 200);
  Pass(1000);
  Primary(kA, 300);
  Standby(kB, 150);
  EXPECT_EQ(State(kB).lag_bytes, 150);
  EXPECT_EQ(State(kB).lag, absl::Seconds(2));
  Standby(kC, 300);
  EXPECT_EQ(State(kC).lag_bytes, 0);
  EXPECT_EQ(State(kC).lag, absl::ZeroDuration());
  Pass(500);
  EXPECT_EQ(State(kB).lag, absl::Seconds(2)) << "as of when it was asked";
  EXPECT_EQ(State(kB).age, absl::Milliseconds(500));
}

TEST_F(TopologyOfThree, HasNoLagBehindAnIdlePrimary) {
  Primary(kA, 100);
  Pass(3'600'000);
  Primary(kA, 100);
  Standby(kB, 100);
  EXPECT_EQ(State(kB).lag_bytes, 0);
  EXPECT_EQ(State(kB).lag, absl::ZeroDuration());
  EXPECT_EQ(QualifiedWithin(1), "ab");
}

TEST_F(TopologyOfThree, DoesNotKnowALagOfBeforeItsTime) {
  Primary(kA, 100);
  Standby(kB, 50);
  EXPECT_EQ(State(kB).lag_bytes, 50);
  EXPECT_EQ(State(kB).lag, std::nullopt);
  EXPECT_EQ(QualifiedWithin(3'600'000), "a");
  EXPECT_EQ(Shortcoming(kB), "b has replayed 0/32, lags 50 bytes, is of unknown age");
}

TEST_F(TopologyOfThree, DoesNotKnowALagWithoutAPrimary) {
  Standby(kB, 50);
  EXPECT_EQ(State(kB).lag_bytes, std::nullopt);
  EXPECT_EQ(State(kB).lag, std::nullopt);
  EXPECT_EQ(Qualified(), "b");
  EXPECT_EQ(QualifiedWithin(1000), "");
  EXPECT_EQ(Qualified({.max_lag_bytes = 1'000'000}), "");
  EXPECT_EQ(QualifiedFor(50), "b");
}

TEST_F(TopologyOfThree, BoundsBytes) {
  Primary(kA, 100);
  Standby(kB, 90);
  Standby(kC, 120);
  EXPECT_EQ(Qualified({.max_lag_bytes = 9}), "ac");
  EXPECT_EQ(Qualified({.max_lag_bytes = 10}), "abc");
}

TEST_F(TopologyOfThree, BoundsStalenessWhichGrowsWhileThePrimaryIsSilent) {
  Primary(kA, 100);
  Standby(kB, 100);
  Pass(100);
  Lose(kA);
  Standby(kB, 100);
  EXPECT_EQ(QualifiedWithin(100), "b");
  EXPECT_EQ(QualifiedWithin(99), "");
  Pass(400);
  Standby(kB, 100);
  EXPECT_EQ(QualifiedWithin(499), "");
  EXPECT_EQ(QualifiedWithin(500), "b");
  EXPECT_EQ(topology_.Staleness({100}, Topology::Time(std::chrono::hours(1)) + milliseconds(500)),
            absl::Milliseconds(500));
  EXPECT_EQ(Shortcoming(kB, {.max_staleness = absl::Milliseconds(1)}), "b has replayed 0/64, is 500ms old");
}

// A primary has gone on since it was asked, and says itself how far.
TEST_F(TopologyOfThree, WaitsForATokenOnStandbysOnly) {
  Primary(kA, 100);
  Standby(kB, 110);
  Standby(kC, 90);
  EXPECT_EQ(QualifiedFor(110), "ab");
  EXPECT_EQ(QualifiedFor(111), "a");
  EXPECT_EQ(Shortcoming(kC, {.at_least = {{111}, 1}}),
            "c has replayed 0/5A, not 0/6F@1, lags 10 bytes, is of unknown age");
  EXPECT_TRUE(Confirms(kA, false, 111, {.at_least = {{111}, 1}}));
  EXPECT_FALSE(Confirms(kA, false, 110, {.at_least = {{111}, 1}}));
}

TEST_F(TopologyOfThree, GoesOnWithAPrimaryThatHasLostTheEndOfItsLog) {
  Primary(kA, 100);
  Pass(100);
  Primary(kA, 200);
  Standby(kB, 120);
  Lose(kA);
  Restart(kA);
  Primary(kA, 150);
  EXPECT_EQ(Events(), (Happened{"a lost", "a back"}));
  EXPECT_EQ(State(kB).lag_bytes, 30);
  EXPECT_EQ(State(kB).lag, std::nullopt);
  Standby(kB, 150);
  EXPECT_EQ(State(kB).lag, absl::ZeroDuration());
  EXPECT_EQ(QualifiedWithin(1), "ab");
}

// One of its processes has crashed: the server lives on, its log does not.
TEST_F(TopologyOfThree, GoesOnWithAPrimaryThatHasLostTheEndOfItsLogInOneLife) {
  Primary(kA, 200);
  Standby(kB, 120);
  Pass(100);
  Primary(kA, 150);
  Standby(kB, 150);
  EXPECT_EQ(State(kB).lag_bytes, 0);
  EXPECT_EQ(QualifiedWithin(1), "ab");
}

TEST_F(TopologyOfThree, ConfirmsOnlyWhatItTookAServerFor) {
  Primary(kA, 100);
  Standby(kB, 100);
  EXPECT_TRUE(Confirms(kA, false, 100));
  EXPECT_TRUE(Confirms(kB, true, 100));
  EXPECT_FALSE(Confirms(kB, false, 100, {}, 2)) << "promoted meanwhile";
  EXPECT_FALSE(Confirms(kA, true, 100)) << "demoted meanwhile";
  EXPECT_FALSE(Confirms(kA, false, 100, {}, 2)) << "on another timeline";
  Restart(kB);
  EXPECT_FALSE(Confirms(kB, true, 100)) << "restarted meanwhile";
}

TEST_F(TopologyOfThree, ConfirmsAStandbysOwnWordOfItsPosition) {
  Primary(kA, 100);
  Pass(1000);
  Primary(kA, 200);
  Standby(kB, 100);
  EXPECT_FALSE(Confirms(kB, true, 199, {.max_staleness = absl::Milliseconds(999)}));
  EXPECT_TRUE(Confirms(kB, true, 199, {.max_staleness = absl::Milliseconds(1000)}));
  EXPECT_TRUE(Confirms(kB, true, 200, {.max_staleness = absl::Milliseconds(1)}));
  EXPECT_FALSE(Confirms(kB, true, 100, {.max_lag_bytes = 99}));
  EXPECT_TRUE(Confirms(kB, true, 101, {.max_lag_bytes = 99}));
}

TEST_F(TopologyOfThree, TellsOfALossAndAReturnOnce) {
  Primary(kA, 100);
  Lose(kA, "first");
  Lose(kA, "second");
  EXPECT_EQ(Events(), (Happened{"a lost"}));
  EXPECT_EQ(State(kA).status.message(), "second");
  EXPECT_EQ(Shortcoming(kA), "a is lost: second");
  EXPECT_EQ(Qualified(), "");
  Primary(kA, 100);
  Primary(kA, 100);
  EXPECT_EQ(Events(), (Happened{"a back"}));
  EXPECT_EQ(Details(), "first; primary; ");
  EXPECT_TRUE(State(kA).status.ok());
}

TEST_F(TopologyOfThree, TellsOfTheReturnOfOneThatWasLostFromTheBeginning) {
  Lose(kB);
  EXPECT_EQ(State(kB).age, std::nullopt);
  Standby(kB, 100);
  EXPECT_EQ(Events(), (Happened{"b lost", "b back"}));
}

TEST_F(TopologyOfThree, TellsOfAPrimaryThatComesBackAsAStandby) {
  Primary(kA, 100);
  Restart(kA);
  Standby(kA, 100);
  EXPECT_EQ(Events(), (Happened{"a demoted"}));
  EXPECT_EQ(PrimaryName(), "none");
  EXPECT_EQ(State(kA).lag_bytes, std::nullopt);
}

using TopologyContest = TopologyOfThree;

TEST_F(TopologyContest, OfTwoPrimariesLeavesOnlyReadsWithoutBoundsOfTheTimeline) {
  Primary(kA, 110, 2);
  Standby(kC, 110, 2);
  EXPECT_EQ(QualifiedFor(110, 2), "ac");
  EXPECT_FALSE(topology_.Snapshot({}).contested);
  Primary(kB, 900, 2);
  EXPECT_TRUE(topology_.Snapshot({}).contested);
  EXPECT_EQ(Qualified(), "ac");
  EXPECT_EQ(QualifiedFor(1, 2), "");
  EXPECT_EQ(QualifiedFor(1), "");
  EXPECT_EQ(QualifiedFor(1, 1), "ac") << "of what they have in common";
  EXPECT_EQ(QualifiedWithin(3'600'000), "");
  EXPECT_EQ(Qualified({.max_lag_bytes = 1'000'000}), "");
  EXPECT_FALSE(Confirms(kA, false, 999, {.at_least = {{1}, 2}}, 2));
  EXPECT_TRUE(Confirms(kA, false, 999, {}, 2));
  EXPECT_EQ(State(kC).lag_bytes, std::nullopt);
  for (const std::size_t server : {kA, kB, kC}) {
    EXPECT_EQ(Shortcoming(server, {.at_least = {{1}, 2}}), "a and b are both primaries on timeline 2");
  }
  EXPECT_EQ(Shortcoming(kC), "c has replayed 0/6E, is of unknown age");
}

TEST_F(TopologyContest, IsToldOnceAndEndsWithALaterTimeline) {
  Primary(kA, 110, 2);
  Primary(kB, 120, 2);
  Primary(kA, 110, 2);
  Primary(kC, 130, 2);
  EXPECT_EQ(Events(), Happened{"b contested"});
  EXPECT_EQ(Details(), "a and b are both primaries on timeline 2; ");
  Restart(kB);
  Standby(kB, 120, 2);
  EXPECT_EQ(QualifiedFor(1, 2), "") << "what was read of its history is still about";
  Primary(kC, 140, 3);
  EXPECT_FALSE(topology_.Snapshot({}).contested);
  EXPECT_EQ(QualifiedFor(140, 3), "c");
  EXPECT_EQ(QualifiedWithin(1), "c");
}

TEST_F(TopologyContest, IsOneAlsoOfPrimariesInTurn) {
  Primary(kA, 110, 2);
  Lose(kA);
  EXPECT_EQ(QualifiedFor(1, 2), "");
  Primary(kB, 900, 2);
  EXPECT_EQ(Qualified(), "b");
  EXPECT_EQ(QualifiedFor(1, 2), "");
  EXPECT_EQ(Events(), (Happened{"a lost", "b contested"}));
}

TEST_F(TopologyContest, IsNoneOfAPrimaryThatIsRestarted) {
  Primary(kA, 110, 2);
  Lose(kA);
  Restart(kA);
  Primary(kA, 120, 2);
  Restart(kA);
  Primary(kA, 130, 2);
  EXPECT_FALSE(topology_.Snapshot({}).contested);
  EXPECT_EQ(QualifiedFor(1, 2), "a");
}

TEST_F(TopologyContest, IsNoneOfAServerThatIsListedTwice) {
  Alias(kA, kB);
  Primary(kA, 110, 2);
  Primary(kB, 110, 2);
  Lose(kA);
  Restart(kA);
  Alias(kA, kB);
  Primary(kB, 120, 2);
  Primary(kA, 120, 2);
  EXPECT_FALSE(topology_.Snapshot({}).contested);
  EXPECT_EQ(QualifiedFor(1, 2), "b");
}

TEST_F(TopologyContest, LeavesNoPositionInCommonWithTheTimelineAfterIt) {
  Primary(kA, 110, 2);
  Primary(kB, 120, 2);
  Standby(kC, 120, 2);
  Primary(kC, 130, 3);
  EXPECT_EQ(topology_.CommonWith(2), std::nullopt);
}

TEST(TopologyOfOne, AveragesLatency) {
  Topology topology({{.name = "a"}});
  const Topology::Time begin(std::chrono::hours(1));
  for (const int took : {10, 20})
    topology.Answered(0, {.position = {1}, .timeline = 1}, begin, begin + milliseconds(took));
  EXPECT_EQ(topology.endpoint(0).latency, absl::Milliseconds(12));
}

}  // namespace
}  // namespace bxb::read
