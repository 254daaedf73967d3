#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/chart.h"
#include "support/chart_axis.h"
#include "support/chart_text.h"
#include "support/svg.h"

namespace bxb::bench {
namespace {

constexpr double kMostForNames = 300;
constexpr double kThickness = 18;
constexpr double kBetween = 12;
constexpr double kBetweenNames = 6;
constexpr const char* kLogarithmic = "logarithmic";  // beside its numbers
constexpr double kGap = 9;                           // between a bar and its texts

bool HasWhisker(const BarChart::Bar& bar, Scale scale) {
  return bar.low != bar.high && std::isfinite(bar.low) && HasPlace(scale, bar.high) && bar.low < bar.high;
}

// Behind the bar and its whisker.
double Reach(const BarChart::Bar& bar, Scale scale) {
  const double value = HasPlace(scale, bar.value) ? bar.value : 0;
  return HasWhisker(bar, scale) ? std::max(value, bar.high) : value;
}

std::string Figure(const BarChart::Bar& bar) { return bar.label.empty() ? Number(bar.value) : bar.label; }

// The shortest bar of a logarithmic chart is to be seen too.
std::vector<double> Values(const BarChart& chart) {
  std::vector<double> values;
  for (const BarChart::Bar& bar : chart.bars) {
    values.push_back(Reach(bar, chart.scale));
    values.push_back(bar.value / (chart.scale == Scale::kLog ? 2 : 1));
    if (HasWhisker(bar, chart.scale)) values.push_back(bar.low);
  }
  return values;
}

class Picture {
 public:
  explicit Picture(const BarChart& chart)
      : chart_(chart), axis_(chart.scale, Values(chart)), svg_(chart.title, chart.subtitle) {}

  std::string Draw();

 private:
  double At(double value) const { return left_ + axis_.Fraction(value) * width_; }
  bool logarithmic() const { return chart_.scale == Scale::kLog; }

  void MakeFrame();
  void DrawGrid();
  void DrawBar(const BarChart::Bar& bar, double top);
  void DrawWhisker(const BarChart::Bar& bar, double middle);

  const BarChart& chart_;
  const Axis axis_;
  Svg svg_;
  double left_ = 0;
  double width_ = 0;  // of the axis
  double top_ = 0;
  double pitch_ = 0;
  double bottom_ = 0;
};

// The axis is as long as it can be with each bar's figure still in the picture.
void Picture::MakeFrame() {
  const double half_number = logarithmic() ? axis_.WidestLabel(Svg::kSmallSize) / 2 : 0;
  double names = logarithmic() ? TextWidth(kLogarithmic, Svg::kSmallSize) + half_number : 0;
  std::size_t rows = 1;
  for (const BarChart::Bar& bar : chart_.bars) {
    const std::vector<std::string> name = Wrap(bar.name, Svg::kFontSize, kMostForNames);
    names = std::max(names, Widest(name, Svg::kFontSize) * (bar.emphasis ? kBold : 1));
    rows = std::max(rows, name.size());
  }
  left_ = Svg::kMargin + names + kGap;
  width_ = Svg::kWidth - Svg::kMargin - left_ - half_number;
  for (const BarChart::Bar& bar : chart_.bars) {
    const double figure = TextWidth(Figure(bar), Svg::kFontSize) * (bar.emphasis ? kBold : 1) + kGap;
    const double fraction = std::max(axis_.Fraction(Reach(bar, chart_.scale)), 0.1);
    width_ = std::min(width_, (Svg::kWidth - Svg::kMargin - left_ - figure) / fraction);
  }
  top_ = svg_.top() + 10;
  pitch_ = std::max(kThickness + kBetween, static_cast<double>(rows) * Svg::kRowHeight + kBetweenNames);
  bottom_ = top_ + pitch_ * static_cast<double>(chart_.bars.size());
}

// The figures behind the bars say more than a linear grid would. A logarithmic one must be seen to be one.
void Picture::DrawGrid() {
  if (logarithmic()) {
    for (const double tick : axis_.minor_ticks()) svg_.Line({At(tick), top_}, {At(tick), bottom_}, "minor");
    for (const double tick : axis_.ticks()) {
      svg_.Line({At(tick), top_}, {At(tick), bottom_}, "grid");
      svg_.Text({At(tick), bottom_ + 17}, "soft small middle", axis_.Label(tick));
    }
    svg_.Text({left_ - kGap - axis_.WidestLabel(Svg::kSmallSize) / 2, bottom_ + 17}, "soft small end", kLogarithmic);
  }
}

void Picture::DrawBar(const BarChart::Bar& bar, double top) {
  const double middle = top + pitch_ / 2;
  const char* strong = bar.emphasis ? " strong" : "";
  const std::vector<std::string> name = Wrap(bar.name, Svg::kFontSize, kMostForNames);
  const double first = middle + 4.5 - static_cast<double>(name.size() - 1) * Svg::kRowHeight / 2;
  svg_.Texts({left_ - kGap, first}, fmt::format("end{}", strong), name);
  if (HasPlace(chart_.scale, bar.value) && bar.value > 0) {
    svg_.Bar({left_, middle - kThickness / 2}, At(bar.value) - left_, kThickness, fmt::format("bar{}", strong),
             fmt::format("{}: {}", bar.name, Figure(bar)));
  }
  if (HasWhisker(bar, chart_.scale)) DrawWhisker(bar, middle);
  const double end = HasPlace(chart_.scale, bar.value) ? At(Reach(bar, chart_.scale)) : left_;
  svg_.Text({end + kGap, middle + 4.5}, fmt::format("figure{}", strong), Figure(bar));
}

void Picture::DrawWhisker(const BarChart::Bar& bar, double middle) {
  constexpr double kCap = 4;
  const double low = At(bar.low), high = At(bar.high);
  const std::vector<Pixel> shape = {{low, middle - kCap}, {low, middle + kCap},  {low, middle},
                                    {high, middle},       {high, middle - kCap}, {high, middle + kCap}};
  svg_.BeginGroup("ink");
  svg_.Polyline(shape, "whisker", fmt::format("{}: {} .. {}", bar.name, Number(bar.low), Number(bar.high)));
  svg_.EndGroup();
}

std::string Picture::Draw() {
  MakeFrame();
  DrawGrid();
  for (std::size_t i = 0; i < chart_.bars.size(); ++i) DrawBar(chart_.bars[i], top_ + pitch_ * static_cast<double>(i));
  svg_.Line({left_, top_}, {left_, bottom_}, "axis");
  if (chart_.bars.empty()) svg_.Text({Svg::kMargin, top_ + 16}, "soft", "not measured");
  return svg_.Close(bottom_ + (chart_.bars.empty() || logarithmic() ? 28 : 8));
}

}  // namespace

std::string BarChart::Svg() const { return Picture(*this).Draw(); }

}  // namespace bxb::bench
