#include "dedup/ground.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <random>

namespace bxb::bench::dedup {

std::size_t Share::Of(std::size_t rows) const {
  return static_cast<std::size_t>(std::llround(static_cast<double>(rows) * of_rows));
}

std::vector<std::size_t> RandomNumbers(std::size_t count, std::size_t end) {
  std::mt19937 random(42);  // NOLINT(bugprone-random-generator-seed): every run draws the same ones
  std::vector<std::size_t> all(end);
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::size_t> drawn;
  std::ranges::sample(all, std::back_inserter(drawn), static_cast<std::ptrdiff_t>(count), random);
  return drawn;
}

}  // namespace bxb::bench::dedup
