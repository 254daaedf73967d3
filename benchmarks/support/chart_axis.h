#pragma once

#include <string>
#include <vector>

#include "support/chart.h"

namespace bxb::bench {

/// Whether an axis has a place for it: not for what is not finite, and no logarithmic one for 0 and below.
bool HasPlace(Scale scale, double value);

/// One axis, from a round number to a round number.
class Axis {
 public:
  /// Over these values; those without a place do not count.
  Axis(Scale scale, const std::vector<double>& values);

  /// Where the value stands: 0 at the axis's begin, 1 at its end, never outside.
  double Fraction(double value) const;

  const std::vector<double>& ticks() const { return ticks_; }
  const std::vector<double>& minor_ticks() const { return minor_ticks_; }  ///< without a number
  std::string Label(double tick) const;
  double WidestLabel(double font_size) const;

 private:
  void Linear(double smallest, double largest);
  void Logarithmic(double smallest, double largest);
  void LogarithmicTicks();

  Scale scale_;
  double begin_ = 0;
  double end_ = 1;
  std::vector<double> ticks_;
  std::vector<double> minor_ticks_;
};

}  // namespace bxb::bench
