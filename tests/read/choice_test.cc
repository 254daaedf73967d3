#include "read/choice.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace bxb::read {
namespace {

using enum ReadPolicy;

Choosable Primary(std::size_t server) {
  return {.server = server, .primary = true, .near = false, .latency = absl::Milliseconds(1), .under_way = 0};
}

Choosable Replica(std::size_t server, absl::Duration latency = absl::Milliseconds(1), int under_way = 0) {
  return {.server = server, .primary = false, .near = false, .latency = latency, .under_way = under_way};
}

Choosable Near(Choosable one) {
  one.near = true;
  return one;
}

/// How often each server is chosen in 1,000 turns.
std::map<std::size_t, int> Tally(const std::vector<Choosable>& qualified, ReadPolicy policy, bool primary_too = false) {
  std::map<std::size_t, int> tally;
  std::minstd_rand random(7);
  for (std::uint64_t turn = 0; turn < 1000; ++turn) {
    if (const auto server = Choose(qualified, policy, primary_too, turn, [&] { return random(); })) ++tally[*server];
  }
  return tally;
}

using Tallied = std::map<std::size_t, int>;

TEST(Choice, IsNoneWhereNobodyQualifies) {
  for (const ReadPolicy policy : {kPreferReplica, kLeastLatency, kRoundRobin, kNearest, kPrimaryOnly}) {
    EXPECT_EQ(Tally({}, policy, /*primary_too=*/true), Tallied{}) << Name(policy);
  }
}

TEST(Choice, IsTheOnlyOneThereIs) {
  for (const ReadPolicy policy : {kPreferReplica, kLeastLatency, kRoundRobin, kNearest}) {
    EXPECT_EQ(Tally({Replica(5)}, policy), (Tallied{{5, 1000}})) << Name(policy);
  }
}

TEST(Choice, PrefersReplicasAndTakesThePrimaryOnlyWhereThatIsAllowed) {
  EXPECT_EQ(Tally({Primary(0), Replica(1)}, kPreferReplica, /*primary_too=*/true), (Tallied{{1, 1000}}));
  EXPECT_EQ(Tally({Primary(0)}, kPreferReplica, /*primary_too=*/true), (Tallied{{0, 1000}}));
  EXPECT_EQ(Tally({Primary(0)}, kPreferReplica, /*primary_too=*/false), Tallied{});
}

TEST(Choice, IsThePrimaryOnly) {
  EXPECT_EQ(Tally({Replica(0), Primary(1), Replica(2)}, kPrimaryOnly), (Tallied{{1, 1000}}));
  EXPECT_EQ(Tally({Replica(0), Replica(2)}, kPrimaryOnly, /*primary_too=*/true), Tallied{});
}

TEST(Choice, OfLeastLatencyHasThePrimaryAmongThem) {
  EXPECT_EQ(Tally({Primary(0), Replica(1, absl::Milliseconds(2))}, kLeastLatency), (Tallied{{0, 1000}}));
}

TEST(Choice, OfTwoIsTheOneWithLessLatencyTimesItsReads) {
  EXPECT_EQ(Tally({Replica(0, absl::Milliseconds(4), 0), Replica(1, absl::Milliseconds(1), 1)}, kPreferReplica),
            (Tallied{{1, 1000}}));
  EXPECT_EQ(Tally({Replica(0, absl::Milliseconds(4), 0), Replica(1, absl::Milliseconds(1), 7)}, kPreferReplica),
            (Tallied{{0, 1000}}));
  EXPECT_EQ(Tally({Replica(0, absl::InfiniteDuration(), 0), Replica(1, absl::Seconds(1), 99)}, kPreferReplica),
            (Tallied{{1, 1000}}));
}

TEST(Choice, OfTwoAmongManySparesTheWorstAndSpreadsTheRest) {
  std::vector<Choosable> replicas;
  for (std::size_t i = 0; i < 5; ++i) replicas.push_back(Replica(i, absl::Milliseconds(1 << i)));
  const Tallied tally = Tally(replicas, kPreferReplica);
  EXPECT_FALSE(tally.contains(4));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(tally.at(i), 100 * static_cast<int>(4 - i), 60) << i;
}

TEST(Choice, AmongEqualsIsSpread) {
  const Tallied tally = Tally({Replica(0), Replica(1), Replica(2)}, kPreferReplica);
  for (const auto& [server, times] : tally) EXPECT_NEAR(times, 333, 60) << server;
  EXPECT_EQ(tally.size(), 3);
}

TEST(Choice, AmongNearlyEqualsIsSpreadToo) {
  const Tallied tally =
      Tally({Replica(0, absl::Microseconds(300)), Replica(1, absl::Microseconds(400))}, kPreferReplica);
  for (const auto& [server, times] : tally) EXPECT_NEAR(times, 500, 60) << server;
  EXPECT_EQ(tally.size(), 2);
}

TEST(Choice, LeavesOutWhoHasNoSessionFree) {
  Choosable full = Replica(0);
  full.full = true;
  for (const ReadPolicy policy : {kPreferReplica, kLeastLatency, kRoundRobin}) {
    EXPECT_EQ(Tally({full, Replica(1, absl::Seconds(9))}, policy), (Tallied{{1, 1000}})) << Name(policy);
    EXPECT_EQ(Tally({full}, policy), (Tallied{{0, 1000}})) << Name(policy);
  }
  EXPECT_EQ(Tally({full, Primary(1)}, kPreferReplica), (Tallied{{0, 1000}}));
}

TEST(Choice, RoundRobinTakesEveryServerInTurn) {
  EXPECT_EQ(Tally({Primary(0), Replica(1, absl::Seconds(9)), Replica(2), Replica(3)}, kRoundRobin),
            (Tallied{{0, 250}, {1, 250}, {2, 250}, {3, 250}}));
}

TEST(Choice, IsNearWhereThatIsPossible) {
  EXPECT_EQ(Tally({Near(Replica(0, absl::Seconds(9))), Replica(1)}, kNearest), (Tallied{{0, 1000}}));
  EXPECT_EQ(Tally({Near(Primary(0)), Replica(1)}, kNearest), (Tallied{{0, 1000}}));
  EXPECT_EQ(Tally({Primary(0), Replica(1, absl::Microseconds(9))}, kNearest), (Tallied{{1, 1000}}));
}

}  // namespace
}  // namespace bxb::read
