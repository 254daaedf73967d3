#include "write/conflict_rate.h"

#include <gtest/gtest.h>

namespace bxb::write {
namespace {

void Record(ConflictRate& rate, bool conflicted, int times) {
  for (int i = 0; i < times; ++i) rate.Record(conflicted);
}

TEST(ConflictRateTest, BeginsWithADirectCopy) { EXPECT_FALSE(ConflictRate().LookUpFirst()); }

TEST(ConflictRateTest, LooksUpFirstAfterTwoConflictsInARow) {
  ConflictRate rate;
  rate.Record(true);
  EXPECT_FALSE(rate.LookUpFirst());
  rate.Record(true);
  EXPECT_TRUE(rate.LookUpFirst());
}

TEST(ConflictRateTest, TriesADirectCopyAgainWhenDuplicatesBecomeRare) {
  ConflictRate rate;
  Record(rate, true, 100);
  EXPECT_GT(rate.rate(), 0.99);
  Record(rate, false, 3);
  EXPECT_TRUE(rate.LookUpFirst());
  rate.Record(false);
  EXPECT_FALSE(rate.LookUpFirst());
}

TEST(ConflictRateTest, StaysDirectWhileOneBatchInEightHoldsADuplicate) {
  ConflictRate rate;
  for (int i = 0; i < 100; ++i) {
    rate.Record(i % 8 == 0);
    EXPECT_FALSE(rate.LookUpFirst());
  }
}

}  // namespace
}  // namespace bxb::write
