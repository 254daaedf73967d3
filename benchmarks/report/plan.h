#pragma once

#include <span>
#include <string>

namespace bxb::bench::report {

/// The first one's share of the time that is left for all of them, by weight.
double Slice(std::span<const double> weights, double seconds_left);

/// Figures want three rounds, and more of them where there is time. An experiment that takes longer than was thought
/// goes over its slice for three rounds, by a third at most.
struct RoundsPlan {
  double slice;  ///< seconds

  bool Another(int rounds, double elapsed, double longest_round) const;

  /// How many there will be, going by those so far; one at least.
  int Expected(int rounds, double elapsed, double longest_round) const;
};

/// Seconds for people: "6:40".
std::string MinutesAndSeconds(double seconds);

}  // namespace bxb::bench::report
