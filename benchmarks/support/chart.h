#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bxb::bench {

/// A picture of lines over two axes, both from 0, as SVG.
struct Chart {
  struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;
  };

  std::string title;
  std::string x_title;
  std::string y_title;
  std::vector<Line> lines;

  std::string Svg() const;
};

}  // namespace bxb::bench
