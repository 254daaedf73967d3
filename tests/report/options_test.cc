#include "report/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bxb::bench::report {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

Options Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench_report");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  return ParseOptions(static_cast<int>(pointers.size()), pointers.data());
}

void ExpectRefused(const std::string& argument, const std::string& message) {
  EXPECT_EXIT(Parse({argument}), ExitedWithCode(2), message) << argument;
}

TEST(Options, AreATenMinutesRunOnAPrivateServerByThemselves) {
  const Options options = Parse({});
  EXPECT_DOUBLE_EQ(options.time_budget, 600);
  EXPECT_DOUBLE_EQ(options.scale, 1);
  EXPECT_EQ(options.dsn, "");
  EXPECT_EQ(options.filter, "");
  EXPECT_EQ(options.command, "./dev bench report");
  EXPECT_FALSE(options.fresh || options.yes || options.list);
}

TEST(Options, AreTaken) {
  const Options options = Parse(
      {"--dsn=host=x", "--filter=^a=b$", "--out=here", "--peers=there", "--fresh", "--yes", "--list", "--scale=2.5"});
  EXPECT_EQ(options.dsn, "host=x");
  EXPECT_EQ(options.filter, "^a=b$");
  EXPECT_EQ(options.out, "here");
  EXPECT_EQ(options.peers, "there");
  EXPECT_DOUBLE_EQ(options.scale, 2.5);
  EXPECT_TRUE(options.fresh && options.yes && options.list);
}

TEST(Options, ABudgetHasAUnit) {
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=90s"}).time_budget, 90);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=10m"}).time_budget, 600);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=2h"}).time_budget, 7'200);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=1.5m"}).time_budget, 90);
}

TEST(Options, FullIsTwoHours) {
  EXPECT_DOUBLE_EQ(Parse({"--full"}).time_budget, 7'200);
  EXPECT_DOUBLE_EQ(Parse({"--full", "--time-budget=1h"}).time_budget, 3'600);
}

TEST(Options, TheScaleSuitsTheBudgetBetweenATenthAndTen) {
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=5m"}).scale, 0.5);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=1h"}).scale, 6);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=1m"}).scale, 0.1);
  EXPECT_DOUBLE_EQ(Parse({"--time-budget=1s"}).scale, 0.1);
  EXPECT_DOUBLE_EQ(Parse({"--full"}).scale, 10);
  EXPECT_DOUBLE_EQ(Parse({"--full", "--scale=0.01"}).scale, 0.01);
}

TEST(OptionsDeathTest, ABudgetThatIsNoneIsRefused) {
  for (const char* budget : {"10", "", "s", "0s", "-1m", "xm", "1ms", "nans", "1d", "1e300h"}) {
    ExpectRefused("--time-budget=" + std::string(budget),
                  "bench_report: --time-budget=" + std::string(budget) + " is not understood");
  }
}

TEST(OptionsDeathTest, AScaleThatIsNoneIsRefused) {
  for (const char* scale : {"0", "-1", "x", "1x", "nan", "inf"}) {
    ExpectRefused("--scale=" + std::string(scale), "--scale=" + std::string(scale) + " is not understood");
  }
}

TEST(OptionsDeathTest, AFilterThatIsNoRegularExpressionIsRefused) {
  ExpectRefused("--filter=(", "--filter=\\( is not understood");
}

TEST(OptionsDeathTest, WhatNobodyKnowsIsRefusedWithTheUsage) {
  ExpectRefused("--no-such-flag", "not understood: --no-such-flag\n\nbench_report: ");
  ExpectRefused("--fresh=yes", "not understood: --fresh=yes");
  ExpectRefused("--dsn", "not understood: --dsn");
  ExpectRefused("copy", "not understood: copy");
}

TEST(Options, TheCommandIsAsAShellTakesIt) {
  EXPECT_EQ(Parse({"--filter=^copy$", "--scale=0.01", "--fresh"}).command,
            "./dev bench report '--filter=^copy$' --scale=0.01 --fresh");
}

TEST(Options, TheCommandHoldsNoPassword) {
  for (const char* dsn : {"--dsn=host=x password=sesame", "--dsn=postgresql://me:sesame@x/y"}) {
    const Options options = Parse({dsn, "--yes"});
    EXPECT_EQ(options.command, "./dev bench report --dsn=... --yes");
    EXPECT_THAT(options.dsn, HasSubstr("sesame"));
  }
}

}  // namespace
}  // namespace bxb::bench::report
