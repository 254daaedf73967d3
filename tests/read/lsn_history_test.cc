#include "read/lsn_history.h"

#include <gtest/gtest.h>

#include <chrono>

#include "read/probe.h"

namespace bxb::read {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr LsnHistory::Time At(milliseconds time) { return LsnHistory::Time(time + std::chrono::hours(1)); }
constexpr LsnHistory::Time At(int time) { return At(milliseconds(time)); }

std::optional<milliseconds> CompleteSince(const LsnHistory& history, std::uint64_t lsn) {
  const auto time = history.CompleteSince({lsn});
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(*time - At(0));
}

TEST(LsnHistory, KnowsNothingAtFirst) {
  const LsnHistory history;
  EXPECT_EQ(history.last(), Lsn{});
  EXPECT_EQ(CompleteSince(history, 100), std::nullopt);
}

TEST(LsnHistory, FindsTheLastPositionThatIsReplayed) {
  LsnHistory history;
  history.Add(At(0), {100});
  history.Add(At(10), {200});
  history.Add(At(20), {300});
  EXPECT_EQ(CompleteSince(history, 99), std::nullopt);
  EXPECT_EQ(CompleteSince(history, 100), milliseconds(0));
  EXPECT_EQ(CompleteSince(history, 299), milliseconds(10));
  EXPECT_EQ(CompleteSince(history, 300), milliseconds(20));
  EXPECT_EQ(CompleteSince(history, 999), milliseconds(20));
  EXPECT_EQ(history.last(), Lsn{300});
}

TEST(LsnHistory, MovesTheLastMomentOfAnIdlePrimary) {
  LsnHistory history;
  history.Add(At(0), {100});
  history.Add(At(5000), {100});
  EXPECT_EQ(CompleteSince(history, 100), milliseconds(5000));
  EXPECT_EQ(CompleteSince(history, 99), std::nullopt);
}

TEST(LsnHistory, LeavesOutWhatComesInQuickSuccessionAndNeverMakesAStandbyYounger) {
  LsnHistory history;
  for (int t = 0; t <= 100; ++t) history.Add(At(t), {1000 + static_cast<std::uint64_t>(t)});
  EXPECT_EQ(CompleteSince(history, 1100), milliseconds(100));
  for (int t = 0; t < 100; ++t) {
    const auto complete = CompleteSince(history, 1000 + static_cast<std::uint64_t>(t));
    ASSERT_TRUE(complete) << t;
    EXPECT_LE(*complete, milliseconds(t));
    EXPECT_GE(*complete, milliseconds(t - 6));
  }
}

TEST(LsnHistory, ForgetsWhatIsOlderThanTenMinutes) {
  LsnHistory history;
  history.Add(At(0), {100});
  history.Add(At(minutes(5)), {200});
  history.Add(At(minutes(11)), {300});
  EXPECT_EQ(CompleteSince(history, 150), std::nullopt);
  EXPECT_EQ(CompleteSince(history, 250), minutes(5));
  history.Add(At(minutes(100)), {400});
  EXPECT_EQ(CompleteSince(history, 399), std::nullopt);
  EXPECT_EQ(CompleteSince(history, 400), minutes(100));
}

TEST(LsnHistory, BeginsAnewWhereTheLogHasBecomeShorter) {
  LsnHistory history;
  history.Add(At(0), {100});
  history.Add(At(10), {300});
  history.Add(At(20), {200});
  EXPECT_EQ(history.last(), Lsn{200});
  EXPECT_EQ(CompleteSince(history, 200), milliseconds(20));
  EXPECT_EQ(CompleteSince(history, 150), std::nullopt);
}

TEST(LsnHistory, IsEmptyOnceCleared) {
  LsnHistory history;
  history.Add(At(0), {100});
  history.Clear();
  EXPECT_EQ(history.last(), Lsn{});
  EXPECT_EQ(CompleteSince(history, 100), std::nullopt);
}

}  // namespace
}  // namespace bxb::read
