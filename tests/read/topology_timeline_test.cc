#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read/topology_fixture.h"

namespace bxb::read {
namespace {

using TopologyTimeline = TopologyOfThree;

struct TokenCase {
  ReadToken token;
  const char* qualified;
};

// Of timeline 2, on which the primary was first seen at 250; it was promoted somewhere before that.
TEST_F(TopologyTimeline, ReadsTokensOfEveryTimeline) {
  Primary(kA, 100, 1);
  Standby(kB, 200, 1);
  Standby(kC, 200, 1);
  Lose(kA);
  Primary(kB, 250, 2);
  Standby(kC, 240, 2);
  const TokenCase cases[] = {
      {{}, "bc"},         {{{240}, 2}, "bc"},
      {{{241}, 2}, "b"},  {{{240}, 0}, "bc"},  // taken for one of the present timeline
      {{{241}, 0}, "b"},  {{{240}, 1}, "bc"},  // an older one, reached
      {{{241}, 1}, "b"},                       // not reached, and perhaps before the promotion
      {{{9999}, 1}, "b"},                      // lost by the failover: as good as the promotion
      {{{1}, 3}, ""},                          // nobody is there yet
  };
  for (const TokenCase& c : cases) EXPECT_EQ(QualifiedFor(c.token.lsn.value, c.token.timeline), c.qualified) << c.token;
  EXPECT_FALSE(Confirms(kC, true, 249, {.at_least = {{9999}, 1}}));
  EXPECT_TRUE(Confirms(kC, true, 250, {.at_least = {{9999}, 1}}));
  EXPECT_TRUE(Confirms(kB, false, 250, {.at_least = {{9999}, 1}}, 2));
}

TEST_F(TopologyTimeline, WaitsForAnOlderTokensPositionUntilThePrimaryIsSeen) {
  Standby(kB, 100, 2);
  EXPECT_EQ(QualifiedFor(101, 1), "");
  EXPECT_EQ(QualifiedFor(100, 1), "b");
}

TEST_F(TopologyTimeline, TellsOfAPromotionOnce) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 100);
  Lose(kA);
  Lose(kA);
  Standby(kB, 100);
  EXPECT_EQ(Events(), (Happened{"a lost"}));
  Primary(kB, 110, 2);
  Primary(kB, 120, 2);
  EXPECT_EQ(Events(), (Happened{"b promoted", "a demoted", "c left behind"}));
  EXPECT_EQ(Details(), "no answer; timeline 2; b is on timeline 2; on timeline 1, not 2; ");
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(topology_.timeline(), 2);
}

TEST_F(TopologyTimeline, LeavesOutAStandbyOnTheOldTimeline) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 100);
  Primary(kB, 110, 2);
  Standby(kC, 999, 1);
  EXPECT_EQ(Qualified(), "b");
  EXPECT_FALSE(State(kC).on_timeline);
  EXPECT_EQ(State(kC).lag_bytes, std::nullopt);
  EXPECT_EQ(Shortcoming(kC), "c is on timeline 1, not 2");
  EXPECT_FALSE(Confirms(kC, true, 999));
  Standby(kC, 110, 2);
  EXPECT_EQ(Qualified(), "bc");
}

TEST_F(TopologyTimeline, LeavesOutTheOldPrimary) {
  Primary(kA, 100);
  Standby(kB, 100);
  Lose(kA);
  Primary(kB, 110, 2);
  Events();
  Primary(kA, 130, 1);
  Primary(kA, 140, 1);
  EXPECT_EQ(Events(), (Happened{"a back"}));
  EXPECT_THAT(Details(), ::testing::EndsWith("primary, on timeline 1, not 2; "));
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(Qualified(), "b");
  EXPECT_EQ(Shortcoming(kA), "a is on timeline 1, not 2");
  Lose(kB);
  EXPECT_EQ(Qualified(), "") << "a primary that is lost does not bring the one before it back";
}

TEST_F(TopologyTimeline, HasTheOldPrimaryAsAStandby) {
  Primary(kA, 100);
  Standby(kB, 100);
  Lose(kA);
  Primary(kB, 110, 2);
  Events();
  Restart(kA);
  Standby(kA, 110, 2);
  Standby(kA, 110, 2);
  EXPECT_EQ(Events(), (Happened{"a back", "a demoted"}));
  EXPECT_EQ(Qualified(), "ab");
}

TEST_F(TopologyTimeline, TurnsWithAStandbyThatFollowsAPrimaryNotSeenYet) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 100);
  Standby(kC, 105, 2);
  EXPECT_EQ(Events(), (Happened{"a demoted", "b left behind"}));
  EXPECT_EQ(PrimaryName(), "none");
  EXPECT_EQ(Qualified(), "c");
  EXPECT_EQ(QualifiedWithin(1000), "");
  Primary(kB, 110, 2);
  EXPECT_EQ(Events(), (Happened{"b promoted"}));
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(topology_.CommonWith(1), Lsn{100});
}

TEST_F(TopologyTimeline, TakesTheLaterOfTwoPrimaries) {
  Primary(kB, 110, 2);
  Primary(kA, 900, 1);
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(Qualified(), "b");
  Primary(kC, 50, 3);
  EXPECT_EQ(PrimaryName(), "c");
  EXPECT_EQ(Events(), (Happened{"b demoted"}));
}

TEST_F(TopologyTimeline, StaysWithTheFirstOfTwoPrimariesOnOneTimelineWhileItIsHealthy) {
  Primary(kA, 100);
  Primary(kB, 900);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(Qualified(), "a");
  EXPECT_EQ(Shortcoming(kB), "b is a second primary");
  EXPECT_FALSE(Confirms(kB, false, 900));
  Lose(kA);
  Primary(kB, 901);
  EXPECT_EQ(PrimaryName(), "b");
  Primary(kA, 101);
  EXPECT_EQ(PrimaryName(), "b");
}

// Both have left timeline 1, each for a timeline 2 of its own, the other one later than the first.
TEST_F(TopologyTimeline, ForgetsWhereOnePrimaryWasPromotedWithAnotherOfTheSameTimeline) {
  Standby(kA, 100, 1);
  Standby(kB, 150, 1);
  Primary(kA, 101, 2);
  Primary(kB, 160, 2);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt) << "a standby may be of either";
  Lose(kA);
  Primary(kB, 160, 2);
  EXPECT_EQ(PrimaryName(), "b");
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt);
  Standby(kC, 120, 2);
  EXPECT_EQ(QualifiedFor(140, 1), "b");
}

TEST_F(TopologyTimeline, KeepsATimelineThatAStandbyHasToldBefore) {
  Standby(kB, 100, 2);
  Standby(kB, 110, 1);
  EXPECT_EQ(State(kB).timeline, 2);
  EXPECT_TRUE(State(kB).on_timeline);
}

TEST_F(TopologyTimeline, WaitsUntilARestartedStandbyTellsItsTimelineAgain) {
  Primary(kA, 100, 2);
  Standby(kB, 100, 2);
  Lose(kB);
  Restart(kB);
  Standby(kB, 100, 1);
  EXPECT_EQ(Qualified(), "a");
  Standby(kB, 100, 2);
  EXPECT_EQ(Qualified(), "ab");
  EXPECT_EQ(Events(), (Happened{"b lost", "b back", "b back"}));
  EXPECT_EQ(Details(), "no answer; standby, on timeline 1, not 2; standby; ");
}

TEST_F(TopologyTimeline, TakesBackATimelineThatHasEndedWithItsOnlyServer) {
  Primary(kA, 100);
  Standby(kB, 100);
  Primary(kB, 110, 2);
  Primary(kA, 120);
  EXPECT_EQ(Qualified(), "b");
  Lose(kB);
  Primary(kA, 130);
  EXPECT_EQ(Qualified(), "");
  Restart(kB);
  Standby(kB, 130, 1);
  Primary(kA, 140);
  EXPECT_EQ(PrimaryName(), "a");
  EXPECT_EQ(topology_.timeline(), 1);
  EXPECT_EQ(Qualified(), "ab");
  EXPECT_EQ(QualifiedFor(110, 2), "");
}

TEST_F(TopologyTimeline, KnowsWhatTimelinesHaveInCommonOfAPromotionThatItHasSeen) {
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt);
  Primary(kA, 120, 1);
  Standby(kB, 100, 1);
  Primary(kB, 130, 2);
  EXPECT_EQ(topology_.CommonWith(1), Lsn{100});
  EXPECT_EQ(topology_.CommonWith(2), std::nullopt);
  Restart(kB);
  Primary(kB, 140, 2);
  EXPECT_EQ(topology_.CommonWith(1), Lsn{100});
  Standby(kC, 140, 2);
  Primary(kC, 150, 3);
  EXPECT_EQ(topology_.CommonWith(2), Lsn{140});
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt);
}

TEST_F(TopologyTimeline, TellsOnceOfAStandbyThatIsLeftBehindAndOfItsReturn) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 100);
  Primary(kB, 110, 2);
  Standby(kC, 101, 1);
  Primary(kB, 120, 2);
  EXPECT_EQ(Events(), (Happened{"b promoted", "a demoted", "c left behind"}));
  EXPECT_THAT(Details(), ::testing::EndsWith("; on timeline 1, not 2; "));
  Standby(kC, 120, 2);
  Standby(kC, 121, 2);
  EXPECT_EQ(Events(), (Happened{"c back"}));
  EXPECT_EQ(Details(), "standby; ");
}

TEST_F(TopologyTimeline, SaysWhatToDoAboutATimelineWhoseServersAreAllLost) {
  Primary(kA, 100);
  Standby(kB, 100);
  Standby(kC, 100);
  Primary(kC, 110, 2);
  Lose(kC, "gone");
  EXPECT_EQ(Shortcoming(kA), "a is on timeline 1, not 2");
  EXPECT_EQ(Shortcoming(kC),
            "c is lost: gone (timeline 2 is only there: where it was begun by mistake, make this server anew from the "
            "right primary, or open the Cluster again)");
  Standby(kB, 110, 2);
  EXPECT_EQ(Shortcoming(kC), "c is lost: gone");
}

// It says 1, and has followed 2 for a while.
TEST_F(TopologyTimeline, DoesNotTrustATimelineThatWasToldLate) {
  Primary(kA, 120, 1);
  Standby(kB, 900, 1);
  Primary(kB, 910, 3);
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt);
}

TEST_F(TopologyTimeline, DoesNotTakeAnotherLifesPositionForThePromotedOnes) {
  Standby(kB, 100, 1);
  Restart(kB);
  Primary(kB, 90, 2);
  EXPECT_EQ(topology_.CommonWith(1), std::nullopt);
  EXPECT_EQ(Events(), (Happened{"b promoted"}));
}

}  // namespace
}  // namespace bxb::read
