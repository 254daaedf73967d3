#include "write/conflict_rate.h"

#include <gtest/gtest.h>

namespace bxb::write {
namespace {

void Record(ConflictRate& rate, bool conflicted, int times) {
  for (int i = 0; i < times; ++i) rate.Record(conflicted);
}

TEST(ConflictRateTest, BeginsWithADirectCopy) { EXPECT_FALSE(ConflictRate().MergeFirst()); }

TEST(ConflictRateTest, MergesFirstAfterTwoConflictsInARow) {
  ConflictRate rate;
  rate.Record(true);
  EXPECT_FALSE(rate.MergeFirst());
  rate.Record(true);
  EXPECT_TRUE(rate.MergeFirst());
}

TEST(ConflictRateTest, TriesADirectCopyAgainWhenDuplicatesBecomeRare) {
  ConflictRate rate;
  Record(rate, true, 100);
  EXPECT_GT(rate.rate(), 0.99);
  Record(rate, false, 3);
  EXPECT_TRUE(rate.MergeFirst());
  rate.Record(false);
  EXPECT_FALSE(rate.MergeFirst());
}

TEST(ConflictRateTest, StaysDirectWhileOneBatchInEightHoldsADuplicate) {
  ConflictRate rate;
  for (int i = 0; i < 100; ++i) {
    rate.Record(i % 8 == 0);
    EXPECT_FALSE(rate.MergeFirst());
  }
}

}  // namespace
}  // namespace bxb::write
