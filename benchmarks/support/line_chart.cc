#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "support/chart.h"
#include "support/chart_axis.h"
#include "support/chart_labels.h"
#include "support/chart_text.h"
#include "support/svg.h"

namespace bxb::bench {
namespace {

using Point = LineChart::Point;

constexpr double kPlotHeight = 350;
constexpr double kBelow = 52;  // for the x axis's numbers and title
constexpr double kLabelWidth = 190;
constexpr std::size_t kManyPoints = 24;

// A line without the points that have no place on the axes.
struct Drawn {
  const LineChart::Line* line;
  std::string color;
  std::vector<Point> points;

  // The rightmost point; of several the last.
  const Point& end() const {
    return *std::ranges::max_element(points, [](const Point& a, const Point& b) { return a.x <= b.x; });
  }
};

bool HasBand(const Point& point, Scale scale) {
  return (point.low != 0 || point.high != 0) && std::isfinite(point.low) && HasPlace(scale, point.high) &&
         point.low <= point.high;
}

std::vector<Drawn> WhatHasPlace(const LineChart& chart) {
  std::vector<Drawn> all;
  std::map<bool, std::size_t> count;
  for (const LineChart::Line& line : chart.lines) {
    Drawn drawn = {&line, Color(line.emphasis, count[line.emphasis]++), {}};
    std::ranges::copy_if(line.points, std::back_inserter(drawn.points), [&](const Point& point) {
      return HasPlace(chart.x.scale, point.x) && HasPlace(chart.y.scale, point.y);
    });
    if (!drawn.points.empty()) all.push_back(std::move(drawn));
  }
  return all;
}

std::vector<double> XValues(const std::vector<Drawn>& lines) {
  std::vector<double> values;
  for (const Drawn& drawn : lines) {
    for (const Point& point : drawn.points) values.push_back(point.x);
  }
  return values;
}

std::vector<double> YValues(const std::vector<Drawn>& lines, Scale scale) {
  std::vector<double> values;
  for (const Drawn& drawn : lines) {
    for (const Point& point : drawn.points) {
      values.push_back(point.y);
      if (HasBand(point, scale)) values.insert(values.end(), {point.low, point.high});
    }
  }
  return values;
}

class Picture {
 public:
  explicit Picture(const LineChart& chart)
      : chart_(chart),
        lines_(WhatHasPlace(chart)),
        x_(chart.x.scale, XValues(lines_)),
        y_(chart.y.scale, YValues(lines_, chart.y.scale)),
        svg_(chart.title, chart.subtitle) {}

  std::string Draw();

 private:
  Pixel At(double x, double y) const {
    return {frame_.left + x_.Fraction(x) * (frame_.right - frame_.left),
            frame_.bottom - y_.Fraction(y) * (frame_.bottom - frame_.top)};
  }
  Pixel At(const Point& point) const { return At(point.x, point.y); }

  std::vector<LineLabel> Labels() const;
  void MakeFrame(const std::vector<LineLabel>& labels);
  void DrawAxes();
  void DrawBands(const Drawn& drawn);
  void DrawBand(const std::vector<Point>& run, const std::string& name);
  void DrawLine(const Drawn& drawn);
  void DrawDots(const Drawn& drawn);
  void DrawLabel(const LineLabel& label, const Drawn& drawn);
  std::vector<Pixel> Ink() const;
  std::string Tooltip(const Drawn& drawn, const Point& point) const;

  const LineChart& chart_;
  const std::vector<Drawn> lines_;
  const Axis x_;
  const Axis y_;
  Svg svg_;
  Box frame_ = {};
};

// One for each line.
std::vector<LineLabel> Picture::Labels() const {
  std::vector<LineLabel> labels;
  for (const Drawn& drawn : lines_) {
    std::vector<std::string> rows = Wrap(drawn.line->name, Svg::kFontSize, kLabelWidth);
    const double width = Widest(rows, Svg::kFontSize) * (drawn.line->emphasis ? kBold : 1);
    labels.push_back({.end = At(drawn.end()), .rows = std::move(rows), .width = width});
  }
  return labels;
}

// The labels stand behind the rightmost point: the frame ends so that the widest still has room there.
void Picture::MakeFrame(const std::vector<LineLabel>& labels) {
  const double half_number = x_.WidestLabel(Svg::kSmallSize) / 2;
  double names = 0, names_height = 0, last = 0;
  for (const LineLabel& label : labels) {
    names = std::max(names, label.width);
    names_height += label.height();
  }
  for (const Drawn& drawn : lines_) last = std::max(last, x_.Fraction(drawn.end().x));
  frame_.left = Svg::kMargin + std::max(y_.WidestLabel(Svg::kSmallSize) + 8, half_number);
  const double room = Svg::kWidth - Svg::kMargin - frame_.left;
  const double width = std::min(room - half_number, (room - names - kLeaderGap) / std::max(last, 0.1));
  frame_.right = frame_.left + width;
  frame_.top = svg_.top() + 32;
  frame_.bottom = frame_.top + std::max(kPlotHeight, names_height);
}

void Picture::DrawAxes() {
  for (const double tick : x_.minor_ticks())
    svg_.Line({At(tick, 0).x, frame_.top}, {At(tick, 0).x, frame_.bottom}, "minor");
  for (const double tick : y_.minor_ticks())
    svg_.Line({frame_.left, At(0, tick).y}, {frame_.right, At(0, tick).y}, "minor");
  for (const double tick : x_.ticks()) {
    const double x = At(tick, 0).x;
    svg_.Line({x, frame_.top}, {x, frame_.bottom}, "grid");
    svg_.Text({x, frame_.bottom + 18}, "soft small middle", x_.Label(tick));
  }
  for (const double tick : y_.ticks()) {
    const double y = At(0, tick).y;
    svg_.Line({frame_.left, y}, {frame_.right, y}, "grid");
    svg_.Text({frame_.left - 8, y + 4}, "soft small end", y_.Label(tick));
  }
  svg_.Line({frame_.left, frame_.bottom}, {frame_.right, frame_.bottom}, "axis");
  svg_.Text({Svg::kMargin, frame_.top - 14}, "small", "\u2191 " + chart_.y.title);
  svg_.Text({frame_.right, frame_.bottom + 39}, "small end", chart_.x.title + " \u2192");
}

// An area over neighbours that have a band, a whisker for one alone.
void Picture::DrawBands(const Drawn& drawn) {
  std::vector<Point> run;
  for (const Point& point : drawn.points) {
    if (HasBand(point, chart_.y.scale)) {
      run.push_back(point);
    } else {
      DrawBand(std::exchange(run, {}), drawn.line->name);
    }
  }
  DrawBand(run, drawn.line->name);
}

void Picture::DrawBand(const std::vector<Point>& run, const std::string& name) {
  if (run.size() == 1) {
    svg_.Polyline({At(run[0].x, run[0].low), At(run[0].x, run[0].high)}, "whisker", name);
  } else if (!run.empty()) {
    std::vector<Pixel> outline;
    for (const Point& point : run) outline.push_back(At(point.x, point.high));
    for (auto point = run.rbegin(); point != run.rend(); ++point) outline.push_back(At(point->x, point->low));
    svg_.Polygon(outline, "band", name);
  }
}

void Picture::DrawLine(const Drawn& drawn) {
  std::vector<Pixel> pixels;
  for (const Point& point : drawn.points) pixels.push_back(At(point));
  const std::string classes =
      fmt::format("line{}{}", drawn.line->emphasis ? " strong" : "", drawn.line->dashed ? " dashed" : "");
  svg_.Polyline(pixels, classes, drawn.line->name);
}

// What is dashed has not been measured at its points.
void Picture::DrawDots(const Drawn& drawn) {
  if (drawn.line->dashed) return;
  const bool many = drawn.points.size() > kManyPoints;
  const double radius = (many ? 2 : 4) + (drawn.line->emphasis ? 0.6 : 0);
  for (const Point& point : drawn.points) {
    svg_.Circle(At(point), radius, many ? "dot" : "ringed dot", Tooltip(drawn, point));
  }
}

std::string Picture::Tooltip(const Drawn& drawn, const Point& point) const {
  std::string text = fmt::format("{}\n{}: {}\n{}: {}", drawn.line->name, chart_.x.title, Number(point.x),
                                 chart_.y.title, Number(point.y));
  if (HasBand(point, chart_.y.scale)) text += fmt::format(" ({} .. {})", Number(point.low), Number(point.high));
  return text;
}

void Picture::DrawLabel(const LineLabel& label, const Drawn& drawn) {
  svg_.BeginGroup(drawn.color);
  if (label.leader) {
    svg_.Line({label.end.x + 6, label.end.y}, {label.at.x - 3, label.at.y + label.height() / 2}, "leader");
  }
  svg_.Texts({label.at.x, label.at.y + 14}, drawn.line->emphasis ? "name strong" : "name", label.rows);
  svg_.EndGroup();
}

// The lines as pixels, close to each other.
std::vector<Pixel> Picture::Ink() const {
  constexpr double kDistance = 3;
  std::vector<Pixel> ink;
  for (const Drawn& drawn : lines_) {
    Pixel from = At(drawn.points.front());
    for (const Point& point : drawn.points) {
      const Pixel to = At(point);
      const double steps = std::ceil(std::hypot(to.x - from.x, to.y - from.y) / kDistance) + 1;
      for (double i = 1; i <= steps; ++i) {
        ink.push_back({from.x + (to.x - from.x) * i / steps, from.y + (to.y - from.y) * i / steps});
      }
      from = to;
    }
  }
  return ink;
}

std::string Picture::Draw() {
  MakeFrame(Labels());
  std::vector<LineLabel> labels = Labels();
  PlaceLabels(labels, {frame_.left, frame_.top - 8, Svg::kWidth - Svg::kMargin + 1, frame_.bottom}, Ink());
  DrawAxes();
  for (const bool emphasis : {false, true}) {
    for (const Drawn& drawn : lines_) {
      if (drawn.line->emphasis != emphasis) continue;
      svg_.BeginGroup(drawn.color);
      DrawBands(drawn);
      DrawLine(drawn);
      DrawDots(drawn);
      svg_.EndGroup();
    }
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) DrawLabel(labels[i], lines_[i]);
  if (lines_.empty())
    svg_.Text({(frame_.left + frame_.right) / 2, (frame_.top + frame_.bottom) / 2}, "soft middle", "not measured");
  return svg_.Close(frame_.bottom + kBelow);
}

}  // namespace

std::string LineChart::Svg() const { return Picture(*this).Draw(); }

}  // namespace bxb::bench
