#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "support/chart_text.h"
#include "support/svg.h"

namespace bxb::bench {

/// What each match of the expression's first group holds.
inline std::vector<std::string> All(const std::string& svg, const std::string& expression) {
  const std::regex regex(expression);
  std::vector<std::string> found;
  for (auto match = std::sregex_iterator(svg.begin(), svg.end(), regex); match != std::sregex_iterator(); ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

inline std::vector<double> Numbers(const std::string& svg, const std::string& expression) {
  std::vector<double> numbers;
  for (const std::string& text : All(svg, expression)) numbers.push_back(std::stod(text));
  return numbers;
}

inline std::size_t Count(const std::string& svg, const std::string& element) {
  return All(svg, "<(" + element + ")[ >]").size();
}

/// The texts of exactly these classes.
inline std::vector<std::string> Texts(const std::string& svg, const std::string& classes) {
  return All(svg, "<text class=\"" + classes + "\"[^>]*>([^<]*)<");
}

/// A coordinate of the elements of exactly these classes.
inline std::vector<double> Coordinates(const std::string& svg, const std::string& classes, const std::string& name) {
  return Numbers(svg, "class=\"" + classes + "\"[^>]* " + name + "=\"([^\"]*)\"");
}

/// Every element ends, in the right order; every number is one.
inline void ExpectWellFormed(const std::string& svg) {
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z]+)[^>]*?(/?)>");
  for (auto match = std::sregex_iterator(svg.begin(), svg.end(), tag); match != std::sregex_iterator(); ++match) {
    if ((*match)[3] == "/") continue;
    if ((*match)[1] != "/") {
      open.push_back((*match)[2]);
      continue;
    }
    ASSERT_FALSE(open.empty());
    EXPECT_EQ(open.back(), (*match)[2]);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
}

/// No text leaves the picture on its left or right.
inline void ExpectTextsInThePicture(const std::string& svg) {
  const std::regex regex("<text class=\"([^\"]*)\" x=\"([^\"]*)\"[^>]*>([^<]*)<");
  for (auto match = std::sregex_iterator(svg.begin(), svg.end(), regex); match != std::sregex_iterator(); ++match) {
    const std::string classes = (*match)[1];
    const double x = std::stod((*match)[2]);
    const double width = TextWidth(std::string((*match)[3]), 12);
    const double left = classes.find("end") != std::string::npos      ? x - width
                        : classes.find("middle") != std::string::npos ? x - width / 2
                                                                      : x;
    EXPECT_GE(left, 0) << (*match)[3];
    EXPECT_LE(left + width, Svg::kWidth) << (*match)[3];
  }
}

}  // namespace bxb::bench
