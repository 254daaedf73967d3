#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "guard/ratios.h"
#include "report/svg_reader.h"

namespace bxb::bench::guard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const GuardedRatio& First() { return GuardedRatios().front(); }

// Three rounds in which every ratio is 100, but for the first one's contender.
Results WithFirst(const std::vector<double>& rounds) {
  Results results;
  for (const GuardedRatio& ratio : GuardedRatios()) {
    for (const int round : {1, 2, 3}) {
      results.Add(ratio.other, ratio.metric, round, 1);
      if (ratio.contender != First().contender) results.Add(ratio.contender, ratio.metric, round, 100);
    }
  }
  int round = 0;
  for (const double value : rounds) results.Add(First().contender, First().metric, ++round, value);
  return results;
}

TEST(Guard, GuardsRatiosWithALimit) {
  for (const GuardedRatio& ratio : GuardedRatios()) {
    EXPECT_GT(ratio.least, 0) << ratio.what;
    EXPECT_NE(ratio.contender, ratio.other) << ratio.what;
  }
}

TEST(Guard, NothingIsFarOffFromItsLimitUpwards) {
  EXPECT_THAT(FarOff(WithFirst({First().least, First().least, First().least})), IsEmpty());
  EXPECT_THAT(FarOff(WithFirst({100, 100, 100})), IsEmpty());
}

TEST(Guard, WhatIsBelowItsLimitIsFarOff) {
  const double below = First().least * 0.99;
  EXPECT_THAT(FarOff(WithFirst({below, below, below})), ElementsAre(First().what));
}

TEST(Guard, TheMedianOfTheRoundsDecides) {
  EXPECT_THAT(FarOff(WithFirst({0, 100, 100})), IsEmpty());
  EXPECT_THAT(FarOff(WithFirst({100, 0, 0})), ElementsAre(First().what));
}

TEST(Guard, WhatWasNotMeasuredIsFarOff) {
  EXPECT_THAT(FarOff(WithFirst({})), ElementsAre(First().what));
  EXPECT_EQ(FarOff(Results()).size(), GuardedRatios().size());
}

TEST(Guard, WhatIsNoNumberIsFarOff) {
  EXPECT_THAT(FarOff(WithFirst({std::numeric_limits<double>::quiet_NaN()})), ElementsAre(First().what));
}

TEST(Guard, TheTableMarksWhatIsFarOff) {
  std::ostringstream out;
  Print(WithFirst({}), out);
  EXPECT_THAT(All(out.str(), "([^\n]*)  FAR OFF\n"), ElementsAre(HasSubstr(First().what)));
  EXPECT_EQ(All(out.str(), "(100\\.00 \\.\\. 100\\.00)").size(), GuardedRatios().size() - 1);
}

TEST(Guard, BothIsWhatWasFarOffTwice) {
  EXPECT_THAT(Both({"a", "b", "c"}, {"c", "a", "d"}), ElementsAre("a", "c"));
  EXPECT_THAT(Both({"a"}, {"b"}), IsEmpty());
  EXPECT_THAT(Both({}, {"b"}), IsEmpty());
}

}  // namespace
}  // namespace bxb::bench::guard
