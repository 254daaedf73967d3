#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bxb::bench {

enum class Scale : std::uint8_t { kLinear, kLog };

/// One axis. A linear one begins at 0, a logarithmic one at a round number below its smallest value.
struct AxisOptions {
  std::string title;  ///< with its unit: "acknowledgement latency, ms"
  Scale scale = Scale::kLinear;
};

/// Lines over two axes, as SVG that reads well on a light and on a dark page.
struct LineChart {
  struct Point {
    double x, y;
    double low = 0, high = 0;  ///< how far the rounds spread; no band where both are 0
  };
  struct Line {
    std::string name;
    std::vector<Point> points;
    bool dashed = false;    ///< for what is not measured: a model, a yardstick
    bool emphasis = false;  ///< the one to look at: bxb's
  };

  std::string title;
  std::string subtitle;  ///< what to see, or under which conditions; may be empty
  AxisOptions x;
  AxisOptions y;
  std::vector<Line> lines;

  std::string Svg() const;
};

/// Horizontal bars, one under the other, each with its name before it and its figure behind it.
struct BarChart {
  struct Bar {
    std::string name;
    double value;
    double low = 0, high = 0;  ///< drawn as a whisker where they differ
    std::string label;         ///< what stands behind the bar: "421,000/s"
    bool emphasis = false;     ///< bxb's
  };

  std::string title;
  std::string subtitle;
  std::vector<Bar> bars;
  Scale scale = Scale::kLinear;

  std::string Svg() const;
};

}  // namespace bxb::bench
