#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "support/report.h"

namespace bxb::bench::guard {

/// Two contenders of one run, and the least that the one must be of the other. The limits are far below what a quiet
/// machine shows (docs/measurements.md): the guard is for what has broken, not for what has become a little slower.
struct GuardedRatio {
  std::string what;
  std::string contender;
  std::string other;
  std::string metric;
  double least;
};

std::span<const GuardedRatio> GuardedRatios();

/// Each ratio, the least that it must be, and whether it is.
void Print(const Results& results, std::ostream& out);

/// What is far off: below its limit in the median of the rounds, or not measured at all.
std::vector<std::string> FarOff(const Results& results);

/// What is in both: once may be the machine's mood.
std::vector<std::string> Both(const std::vector<std::string>& first, const std::vector<std::string>& second);

}  // namespace bxb::bench::guard
