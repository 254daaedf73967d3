#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "report/svg_reader.h"
#include "support/chart.h"

namespace bxb::bench {
namespace {

using testing::ElementsAre;

BarChart Chart(std::vector<BarChart::Bar> bars, Scale scale = Scale::kLinear) {
  return {.title = "Rates", .bars = std::move(bars), .scale = scale};
}

std::vector<double> Widths(const std::string& svg) { return Numbers(svg, "<rect[^>]* width=\"([^\"]*)\""); }

TEST(BarChart, DrawsABarForEachValueInTheOrderGiven) {
  const std::string svg =
      Chart({{.name = "b", .value = 100}, {.name = "a", .value = 400}, {.name = "c", .value = 200}}).Svg();
  const std::vector<double> widths = Widths(svg);
  ASSERT_EQ(widths.size(), 3);
  EXPECT_NEAR(widths[1] / widths[0], 4, 0.01);
  EXPECT_NEAR(widths[2] / widths[0], 2, 0.01);
  EXPECT_THAT(Texts(svg, "end"), ElementsAre("b", "a", "c"));
}

TEST(BarChart, FiguresStandBehindBarsAndWhiskers) {
  const std::string svg = Chart({{.name = "plain", .value = 300, .label = "300/s"},
                                 {.name = "spread", .value = 200, .low = 100, .high = 400}})
                              .Svg();
  EXPECT_THAT(Texts(svg, "figure"), ElementsAre("300/s", "200"));
  EXPECT_EQ(All(svg, "<polyline (class=\"whisker\")").size(), 1);
  const std::vector<double> left = Numbers(svg, "<rect[^>]* x=\"([^\"]*)\"");
  const std::vector<double> widths = Widths(svg);
  const std::vector<double> figures = Coordinates(svg, "figure", "x");
  EXPECT_GT(figures[0], left[0] + widths[0]);
  EXPECT_GT(figures[1], left[1] + 2 * widths[1]);
}

TEST(BarChart, EveryTextIsInThePicture) {
  BarChart chart = Chart(
      {{.name = "a name so long that it could never stand in one row before a bar worth looking at",
        .value = 100,
        .label = "100 and much more to say about it"},
       {.name = "b", .value = 99, .low = 20, .high = 300, .label = "another long figure, in bold", .emphasis = true}});
  ExpectTextsInThePicture(chart.Svg());
  chart.scale = Scale::kLog;
  ExpectTextsInThePicture(chart.Svg());
}

TEST(BarChart, IsAsHighAsItsBars) {
  BarChart chart = Chart({{.name = "a", .value = 1}});
  const double one = Numbers(chart.Svg(), "<svg [^>]*height=\"([^\"]*)\"").at(0);
  chart.bars.resize(5, chart.bars[0]);
  const double five = Numbers(chart.Svg(), "<svg [^>]*height=\"([^\"]*)\"").at(0);
  chart.bars.resize(9, chart.bars[0]);
  EXPECT_EQ(Numbers(chart.Svg(), "<svg [^>]*height=\"([^\"]*)\"").at(0) - five, five - one);
}

TEST(BarChart, LogAxisShowsItsDecades) {
  const std::string svg = Chart({{.name = "a", .value = 1700}, {.name = "b", .value = 420'000}}, Scale::kLog).Svg();
  EXPECT_THAT(Texts(svg, "soft small middle"), ElementsAre("1,000", "10,000", "100,000"));
  EXPECT_GT(Widths(svg).at(0), 10);
}

TEST(BarChart, TheOneToLookAtHasAColorOfItsOwn) {
  const std::string svg = Chart({{.name = "a", .value = 2}, {.name = "bxb", .value = 3, .emphasis = true}}).Svg();
  EXPECT_THAT(All(svg, "<rect class=\"([^\"]*)\""), ElementsAre("bar", "bar strong"));
  EXPECT_THAT(Texts(svg, "end strong"), ElementsAre("bxb"));
}

TEST(BarChart, HandlesNoBars) {
  const std::string svg = Chart({}).Svg();
  ExpectWellFormed(svg);
  EXPECT_THAT(Texts(svg, "soft"), ElementsAre("not measured"));
}

TEST(BarChart, WhatHasNoPlaceHasAFigureOnly) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = Chart({{.name = "zero", .value = 0, .label = "none"},
                                 {.name = "negative", .value = -5},
                                 {.name = "unknown", .value = nan, .low = nan, .high = nan},
                                 {.name = "five", .value = 5}},
                                Scale::kLog)
                              .Svg();
  ExpectWellFormed(svg);
  EXPECT_EQ(Widths(svg).size(), 1);
  EXPECT_THAT(Texts(svg, "figure"), ElementsAre("none", "-5", "", "5"));
}

}  // namespace
}  // namespace bxb::bench
