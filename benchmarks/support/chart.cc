#include "support/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bxb::bench {
namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 480;
constexpr double kLeft = 104;
constexpr double kRight = 30;
constexpr double kTop = 60;
constexpr double kBottom = 70;
constexpr double kLegendStep = 22;
constexpr std::array kColors = {"#c0392b", "#1f6fb2", "#2e8b57", "#8e44ad", "#d68910"};

// One axis: from 0 to a round number.
struct Axis {
  Axis(double largest, double from, double to) : from_pixel(from), to_pixel(to) {
    const double rough = std::max(largest, 1e-9) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0}) {
      step = factor * power;
      if (step >= rough) break;
    }
    end = std::ceil(largest / step - 1e-9) * step;
  }

  double Pixel(double value) const { return from_pixel + (to_pixel - from_pixel) * value / end; }

  double from_pixel;
  double to_pixel;
  double step = 1;
  double end = 1;
};

// 1234567 as "1,234,567".
std::string Number(double value) {
  std::string digits = fmt::format("{:g}", value);
  if (value >= 1e5) digits = fmt::format("{:.0f}", value);
  if (digits.find('.') != std::string::npos) return digits;
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string Text(double x, double y, const char* anchor, const std::string& text, const std::string& more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more, text);
}

std::string Stroke(double x1, double y1, double x2, double y2, const char* color, double width = 1) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n", x1, y1, x2,
      y2, color, width);
}

std::string Grid(const Axis& x, const Axis& y) {
  std::string svg;
  for (double at = 0; at <= y.end * 1.0001; at += y.step) {
    svg += Stroke(x.from_pixel, y.Pixel(at), x.to_pixel, y.Pixel(at), at == 0 ? "#444" : "#ddd");
    svg += Text(x.from_pixel - 8, y.Pixel(at) + 5, "end", Number(at));
  }
  for (double at = 0; at <= x.end * 1.0001; at += x.step) {
    svg += Stroke(x.Pixel(at), y.from_pixel, x.Pixel(at), y.from_pixel + 6, "#444");
    svg += Text(x.Pixel(at), y.from_pixel + 22, "middle", Number(at));
  }
  return svg + Stroke(x.from_pixel, y.from_pixel, x.from_pixel, y.to_pixel, "#444");
}

std::string Drawn(const Chart::Line& line, const char* color, const Axis& x, const Axis& y) {
  std::string points;
  for (const auto& [at, value] : line.points) points += fmt::format("{:.1f},{:.1f} ", x.Pixel(at), y.Pixel(value));
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", points, color);
}

double Largest(const std::vector<Chart::Line>& lines, double std::pair<double, double>::* member) {
  double largest = 0;
  for (const Chart::Line& line : lines) {
    for (const auto& point : line.points) largest = std::max(largest, point.*member);
  }
  return largest;
}

}  // namespace

// The legend stands between the title and the lines, a row for each.
std::string Chart::Svg() const {
  using Point = std::pair<double, double>;
  const double top = kTop + kLegendStep * static_cast<double>(lines.size());
  const Axis x(Largest(lines, &Point::first), kLeft, kWidth - kRight);
  const Axis y(Largest(lines, &Point::second), kHeight - kBottom, top);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"14\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  svg += Text(kWidth / 2, 28, "middle", title, " font-size=\"17\"") + Grid(x, y);
  svg += Text((kLeft + kWidth - kRight) / 2, kHeight - 18, "middle", x_title);
  const double middle = (top + kHeight - kBottom) / 2;
  svg += Text(20, middle, "middle", y_title, fmt::format(" transform=\"rotate(-90 20 {})\"", middle));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char* color = kColors[i % kColors.size()];
    const double row = kTop - 6 + kLegendStep * static_cast<double>(i);
    svg += Drawn(lines[i], color, x, y) + Stroke(kLeft + 20, row, kLeft + 50, row, color, 3);
    svg += Text(kLeft + 60, row + 5, "start", lines[i].name);
  }
  return svg + "</svg>\n";
}

}  // namespace bxb::bench
