#include "support/chart_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "support/chart_text.h"

namespace bxb::bench {
namespace {

constexpr double kSteps = 5;
constexpr double kMaxLabels = 9;
constexpr double kRoom = 1.1;  // between the outermost values and a logarithmic axis's ends
constexpr double kExtreme = 1e100;

double StepFor(double span) {
  const double rough = span / kSteps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

// Ends of a logarithmic axis, times a power of ten.
constexpr std::array kFine = {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0};
constexpr std::array kCoarse = {1.0, 2.0, 5.0, 10.0};

double PowerBelow(double value) { return std::pow(10, std::floor(std::log10(value) + 1e-9)); }

double RoundDown(double value, std::span<const double> ends) {
  const double power = PowerBelow(value);
  const auto above = std::ranges::upper_bound(ends, value / power + 1e-9);
  return (above == ends.begin() ? 1 : above[-1]) * power;
}

double RoundUp(double value, std::span<const double> ends) {
  const double power = PowerBelow(value);
  const auto end = std::ranges::lower_bound(ends, value / power - 1e-9);
  return (end == ends.end() ? 10 : *end) * power;
}

}  // namespace

bool HasPlace(Scale scale, double value) {
  return std::abs(value) < kExtreme && (scale == Scale::kLinear || value > 1 / kExtreme);
}

Axis::Axis(Scale scale, const std::vector<double>& values) : scale_(scale) {
  double smallest = std::numeric_limits<double>::max();
  double largest = std::numeric_limits<double>::lowest();
  for (const double value : values) {
    if (!HasPlace(scale, value)) continue;
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
  }
  if (smallest > largest) smallest = largest = 1;
  scale == Scale::kLinear ? Linear(smallest, largest) : Logarithmic(smallest, largest);
}

void Axis::Linear(double smallest, double largest) {
  smallest = std::min(smallest, 0.0);
  largest = std::max(largest, 0.0);
  const double span = largest - smallest;
  const double step = span < 1 / kExtreme ? 1 : StepFor(span);
  begin_ = std::floor(smallest / step * 2 + 1e-9) / 2 * step;
  end_ = std::max(begin_ + step, std::ceil(largest / step * 2 - 1e-9) / 2 * step);
  for (double at = std::ceil(begin_ / step); at * step <= end_ + step * 1e-6; ++at) ticks_.push_back(at * step);
}

void Axis::Logarithmic(double smallest, double largest) {
  const std::span<const double> ends = largest / smallest < 3 ? std::span<const double>(kCoarse) : kFine;
  begin_ = RoundDown(smallest / kRoom, ends);
  end_ = RoundUp(largest * kRoom, ends);
  LogarithmicTicks();
}

// A number at each decade; over less than two of them at 2 and 5 as well, over very many at some only.
void Axis::LogarithmicTicks() {
  const double first = std::floor(std::log10(begin_) + 1e-9);
  const double decades = std::log10(end_ / begin_);
  const double every = std::ceil(decades / kMaxLabels);
  for (double power = first; std::pow(10, power) <= end_ * (1 + 1e-9); ++power) {
    for (int digit = 1; digit < 10; ++digit) {
      const double at = digit * std::pow(10, power);
      if (at < begin_ * (1 - 1e-9) || at > end_ * (1 + 1e-9)) continue;
      const bool labelled =
          digit == 1 ? std::fmod(std::abs(power - first), every) == 0 : decades < 1.7 && (digit == 2 || digit == 5);
      (labelled ? ticks_ : minor_ticks_).push_back(at);
    }
  }
}

double Axis::Fraction(double value) const {
  if (scale_ == Scale::kLinear) return std::clamp((value - begin_) / (end_ - begin_), 0.0, 1.0);
  if (value <= begin_) return 0;
  return std::min(1.0, std::log(value / begin_) / std::log(end_ / begin_));
}

std::string Axis::Label(double tick) const {
  const double size = std::abs(tick);
  if (std::max(end_, -begin_) < 2e6 || size < 1e3) return Number(tick);
  return size < 1e6 ? Number(tick / 1e3) + " k" : Number(tick / 1e6) + " M";
}

double Axis::WidestLabel(double font_size) const {
  double widest = 0;
  for (const double tick : ticks_) widest = std::max(widest, TextWidth(Label(tick), font_size));
  return widest;
}

}  // namespace bxb::bench
