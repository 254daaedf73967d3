#include "report/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bxb::bench::report {
namespace {

constexpr int kMostRounds = 7;
constexpr int kGoodRounds = 3;
constexpr double kStretch = 1.35;  ///< of its slice, for the rounds that figures want

}  // namespace

double Slice(std::span<const double> weights, double seconds_left) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  return all > 0 ? std::max(seconds_left, 0.0) * weights.front() / all : 0;
}

bool RoundsPlan::Another(int rounds, double elapsed, double longest_round) const {
  if (rounds == 0) return true;
  if (rounds >= kMostRounds) return false;
  return elapsed + longest_round <= slice * (rounds < kGoodRounds ? kStretch : 1);
}

int RoundsPlan::Expected(int rounds, double elapsed, double longest_round) const {
  int expected = rounds;
  for (; Another(expected, elapsed, longest_round); ++expected) elapsed += longest_round;
  return std::max(expected, 1);
}

std::string MinutesAndSeconds(double seconds) {
  const auto whole = std::lround(std::max(seconds, 0.0));
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace bxb::bench::report
