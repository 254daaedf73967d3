#include "support/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "report/svg_reader.h"

namespace bxb::bench {
namespace {

constexpr const char* kHostile = "a <b> & \"c\" 'd'";
constexpr const char* kEscaped = "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;";

LineChart Lines(const std::string& text) {
  return {.title = text,
          .subtitle = text,
          .x = {.title = text},
          .y = {.title = text},
          .lines = {{.name = text, .points = {{1, 2}, {2, 3}}}}};
}

BarChart Bars(const std::string& text) {
  return {.title = text, .subtitle = text, .bars = {{.name = text, .value = 5, .label = text}}};
}

TEST(Chart, EscapesNames) {
  for (const std::string& svg : {Lines(kHostile).Svg(), Bars(kHostile).Svg()}) {
    ExpectWellFormed(svg);
    EXPECT_EQ(svg.find("<b>"), std::string::npos);
    EXPECT_EQ(Texts(svg, "title"), std::vector<std::string>{kEscaped});
    EXPECT_EQ(Texts(svg, "soft"), std::vector<std::string>{kEscaped});
    EXPECT_EQ(All(svg, "aria-label=\"([^\"]*)\""), std::vector<std::string>{std::string(kEscaped) + ". " + kEscaped});
  }
  EXPECT_EQ(Texts(Lines(kHostile).Svg(), "name"), std::vector<std::string>{kEscaped});
  EXPECT_EQ(Texts(Bars(kHostile).Svg(), "end"), std::vector<std::string>{kEscaped});
  EXPECT_EQ(Texts(Bars(kHostile).Svg(), "figure"), std::vector<std::string>{kEscaped});
}

TEST(Chart, SameInputGivesTheSameBytes) {
  EXPECT_EQ(Lines("same").Svg(), Lines("same").Svg());
  EXPECT_EQ(Bars("same").Svg(), Bars("same").Svg());
}

TEST(Chart, IsAnImageWithItsTitleForScreenReaders) {
  LineChart chart = Lines("Rates");
  chart.subtitle.clear();
  const std::string svg = chart.Svg();
  EXPECT_EQ(svg.rfind("<svg xmlns=\"http://www.w3.org/2000/svg\"", 0), 0);
  EXPECT_EQ(All(svg, "role=\"img\" aria-label=\"([^\"]*)\""), std::vector<std::string>{"Rates"});
}

TEST(Chart, KeepsItsStyleToItself) {
  const std::string one = Lines("one").Svg();
  const std::string other = Lines("other").Svg();
  const std::string scope = All(one, "<svg [^>]*class=\"([^\"]*)\"").at(0);
  EXPECT_NE(scope, All(other, "<svg [^>]*class=\"([^\"]*)\"").at(0));
  for (const std::string& selector : All(one, "\n([^\n{@<]*)\\{")) EXPECT_EQ(selector.rfind("." + scope, 0), 0);
  EXPECT_EQ(one.find(" id="), std::string::npos);
}

TEST(Chart, HasColorsForADarkPage) {
  const std::string svg = Bars("dark").Svg();
  const std::string light = All(svg, "\n\\.chart-[0-9a-f]*\\{([^}]*)\\}").at(0);
  const std::string dark = All(svg, "@media \\(prefers-color-scheme:dark\\)\\{[^{]*\\{([^}]*)\\}").at(0);
  for (const std::string& color : All(svg, "(var\\(--[a-z0-9]*)\\)")) {
    const std::string name = color.substr(4) + ":";
    EXPECT_NE(light.find(name), std::string::npos) << name;
    EXPECT_NE(dark.find(name), std::string::npos) << name;
  }
}

TEST(Chart, BreaksALongTitle) {
  std::string title = "Rows";
  for (int i = 0; i < 30; ++i) title += " per second";
  LineChart chart = Lines("short");
  chart.title = chart.subtitle = title;
  const std::string svg = chart.Svg();
  EXPECT_GT(Texts(svg, "soft").size(), 2);
  EXPECT_GT(Texts(svg, "title").size(), 2);
  ExpectTextsInThePicture(svg);
}

double AnyValue(std::mt19937_64& random) {
  constexpr double kOdd[] = {
      0,      -1,     std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300,
      1e-300, 5e-324, -std::numeric_limits<double>::max()};
  if (random() % 4 == 0) return kOdd[random() % std::size(kOdd)];
  return std::pow(10, std::uniform_real_distribution(-6.0, 9.0)(random));
}

Scale AnyScale(std::mt19937_64& random) { return random() % 2 == 0 ? Scale::kLinear : Scale::kLog; }

TEST(Chart, AnyValuesGiveAWellFormedPicture) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 100; ++round) {
    LineChart lines{.title = "any", .x = {"x", AnyScale(random)}, .y = {"y", AnyScale(random)}};
    BarChart bars{.title = "any", .scale = AnyScale(random)};
    for (std::uint64_t i = random() % 9; i > 0; --i) {
      const double low = AnyValue(random), high = AnyValue(random);
      bars.bars.push_back({.name = "bar", .value = AnyValue(random), .low = low, .high = high});
      lines.lines.push_back({.name = "line"});
      for (std::uint64_t k = random() % 9; k > 0; --k) {
        lines.lines.back().points.push_back({AnyValue(random), AnyValue(random), low, high});
      }
    }
    for (const std::string& svg : {lines.Svg(), bars.Svg()}) {
      ExpectWellFormed(svg);
      ExpectTextsInThePicture(svg);
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace bxb::bench
