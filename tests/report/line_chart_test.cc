#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "report/svg_reader.h"
#include "support/chart.h"

namespace bxb::bench {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::Lt;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

LineChart Chart(std::vector<LineChart::Line> lines, Scale scale = Scale::kLinear) {
  return {.title = "Rates",
          .x = {.title = "clients", .scale = scale},
          .y = {.title = "rows/s", .scale = scale},
          .lines = std::move(lines)};
}

// They end within 1 % of each other.
LineChart NearlyEqual(int lines) {
  LineChart chart = Chart({});
  for (int i = 0; i < lines; ++i) {
    chart.lines.push_back({.name = "line " + std::to_string(i), .points = {{0, 50. * i}, {10, 1000. + i}}});
  }
  return chart;
}

TEST(LineChart, DrawsAPointForEachValue) {
  const std::string svg =
      Chart({{.name = "a", .points = {{1, 1}, {2, 4}, {3, 9}}}, {.name = "b", .points = {{1, 2}, {5, 3}}}}).Svg();
  EXPECT_EQ(Count(svg, "circle"), 5);
  EXPECT_EQ(Count(svg, "polyline"), 2);
}

TEST(LineChart, EachPointSaysItsValues) {
  const std::string svg = Chart({{.name = "a", .points = {{2, 12345, 12000, 13000}}}}).Svg();
  EXPECT_THAT(All(svg, "<circle[^>]*><title>([^<]*)<"),
              ElementsAre("a&#10;clients: 2&#10;rows/s: 12,345 (12,000 .. 13,000)"));
}

TEST(LineChart, WhatIsDashedHasNoPoints) {
  const std::string svg = Chart({{.name = "model", .points = {{1, 1}, {2, 4}}, .dashed = true}}).Svg();
  EXPECT_EQ(Count(svg, "circle"), 0);
  EXPECT_EQ(All(svg, "<polyline class=\"(line dashed)\"").size(), 1);
}

TEST(LineChart, HigherValuesStandHigherAndLaterOnesMoreToTheRight) {
  const std::string svg = Chart({{.name = "a", .points = {{1, 1}, {2, 4}, {3, 9}}}}).Svg();
  const std::vector<double> x = Coordinates(svg, "ringed dot", "cx");
  const std::vector<double> y = Coordinates(svg, "ringed dot", "cy");
  EXPECT_TRUE(std::ranges::is_sorted(x));
  EXPECT_TRUE(std::ranges::is_sorted(y, std::ranges::greater()));
  EXPECT_NEAR((y[0] - y[1]) / (y[1] - y[2]), 3.0 / 5, 0.01);
}

TEST(LineChart, LogAxisHasADecadePerTick) {
  const std::string svg = Chart({{.name = "a", .points = {{1000, 0.3}, {300'000, 5000}}}}, Scale::kLog).Svg();
  EXPECT_THAT(Texts(svg, "soft small middle"), ElementsAre("1,000", "10,000", "100,000"));
  EXPECT_THAT(Texts(svg, "soft small end"), ElementsAre("1", "10", "100", "1,000"));
}

TEST(LineChart, LabelsDoNotOverlap) {
  const std::string svg = NearlyEqual(8).Svg();
  std::vector<double> y = Coordinates(svg, "name", "y");
  ASSERT_EQ(y.size(), 8);
  std::ranges::sort(y);
  for (std::size_t i = 1; i < y.size(); ++i) EXPECT_GE(y[i] - y[i - 1], Svg::kRowHeight);
}

TEST(LineChart, LabelsStandInTheOrderOfTheEnds) {
  const std::string svg = NearlyEqual(8).Svg();
  EXPECT_TRUE(std::ranges::is_sorted(Coordinates(svg, "name", "y"), std::ranges::greater()));
  EXPECT_THAT(Coordinates(svg, "name", "x"), Each(Gt(Coordinates(svg, "ringed dot", "cx").back())));
}

TEST(LineChart, ManyLongNamesMakeItHigher) {
  LineChart chart = NearlyEqual(20);
  for (LineChart::Line& line : chart.lines) line.name += " of many that have a name much too long for one row";
  const std::string svg = chart.Svg();
  std::vector<double> y = Coordinates(svg, "name", "y");
  std::ranges::sort(y);
  for (std::size_t i = 1; i < y.size(); ++i) EXPECT_GE(y[i] - y[i - 1], Svg::kRowHeight);
  EXPECT_LT(y.back(), Numbers(svg, "<svg [^>]*height=\"([^\"]*)\"").at(0));
  ExpectTextsInThePicture(svg);
}

TEST(LineChart, ALineThatEndsEarlyHasItsNameThere) {
  const std::string svg =
      Chart({{.name = "short", .points = {{0, 5}, {3, 9}}}, {.name = "long", .points = {{0, 1}, {10, 2}}}}).Svg();
  const double end = Coordinates(svg, "ringed dot", "cx").at(1);
  EXPECT_NEAR(Coordinates(svg, "name", "x").at(0), end, 20);
  EXPECT_EQ(Count(svg, "line class=\"leader\""), 0);
}

TEST(LineChart, AnEarlyEndAmidOtherLinesIsLedToItsName) {
  LineChart chart = Chart({{.name = "a long name amid the others", .points = {{0, 100}, {3, 100}}}});
  for (int i = 0; i < 40; ++i) chart.lines.push_back({.name = "", .points = {{0, 5. * i}, {10, 5. * i}}});
  const std::string svg = chart.Svg();
  EXPECT_EQ(Count(svg, "line class=\"leader\""), 1);
  EXPECT_GT(Coordinates(svg, "name", "x").at(0), Coordinates(svg, "ringed dot", "cx").back());
}

TEST(LineChart, ShowsHowFarTheRoundsSpread) {
  const std::string svg = Chart({{.name = "area", .points = {{1, 10, 8, 12}, {2, 20, 15, 22}, {3, 30}}},
                                 {.name = "whisker", .points = {{1, 5}, {2, 6, 5, 7}}},
                                 {.name = "none", .points = {{1, 3}, {2, 4}}}})
                              .Svg();
  EXPECT_THAT(All(svg, "<polygon class=\"band\"[^>]*><title>([^<]*)<"), ElementsAre("area"));
  EXPECT_THAT(All(svg, "<polyline class=\"whisker\"[^>]*><title>([^<]*)<"), ElementsAre("whisker"));
}

TEST(LineChart, TheOneToLookAtIsDrawnLastInAColorOfItsOwn) {
  const std::string svg =
      Chart({{.name = "bxb", .points = {{1, 2}}, .emphasis = true}, {.name = "other", .points = {{1, 3}}}}).Svg();
  EXPECT_THAT(All(svg, "<g class=\"([a-z][0-9])\">\n<poly"), ElementsAre("s0", "e0"));
  EXPECT_THAT(Texts(svg, "name strong"), ElementsAre("bxb"));
}

TEST(LineChart, HandlesNoPoints) {
  for (const LineChart& chart : {Chart({}), Chart({{.name = "empty"}}), Chart({{.name = "empty"}}, Scale::kLog)}) {
    const std::string svg = chart.Svg();
    ExpectWellFormed(svg);
    EXPECT_EQ(Count(svg, "circle"), 0);
    EXPECT_THAT(Texts(svg, "soft middle"), ElementsAre("not measured"));
  }
}

TEST(LineChart, HandlesOnePoint) {
  for (const Scale scale : {Scale::kLinear, Scale::kLog}) {
    const std::string svg = Chart({{.name = "one", .points = {{5, 7}}}}, scale).Svg();
    ExpectWellFormed(svg);
    EXPECT_EQ(Count(svg, "circle"), 1);
    EXPECT_THAT(Texts(svg, "name"), ElementsAre("one"));
  }
}

TEST(LineChart, LeavesOutWhatHasNoPlaceOnALogAxis) {
  const std::string svg =
      Chart({{.name = "a", .points = {{0, 5}, {1, 0}, {2, -3}, {kNan, 1}, {3, kNan}, {4, 40}, {5, 50}}}}, Scale::kLog)
          .Svg();
  ExpectWellFormed(svg);
  EXPECT_EQ(Count(svg, "circle"), 2);
}

TEST(LineChart, ABandDownToZeroEndsAtTheFrameOfALogAxis) {
  const std::string svg = Chart({{.name = "a", .points = {{1, 5, 0, 9}, {2, 6, -1, 9}}}}, Scale::kLog).Svg();
  ExpectWellFormed(svg);
  const double bottom = Numbers(svg, "<line class=\"axis\"[^>]* y1=\"([^\"]*)\"").at(0);
  const std::vector<double> y = Numbers(All(svg, "<polygon class=\"band\" points=\"([^\"]*)\"").at(0), ",([0-9.]+)");
  EXPECT_THAT(y, ElementsAre(Lt(bottom), Lt(bottom), bottom, bottom));
}

}  // namespace
}  // namespace bxb::bench
