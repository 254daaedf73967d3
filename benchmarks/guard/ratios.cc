#include "guard/ratios.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bxb::bench::guard {
namespace {

bool IsFarOff(const GuardedRatio& ratio, const Results& results) {
  const auto measured = results.Ratio(ratio.contender, ratio.other, ratio.metric);
  return !measured || !(measured->median >= ratio.least);
}

}  // namespace

std::span<const GuardedRatio> GuardedRatios() {
  constexpr const char* kRows = "rows_per_s";
  static const std::array kRatios = {
      GuardedRatio{"writer / raw COPY, dedup index", "writer/dedup", "raw_copy/dedup", kRows, 0.7},
      GuardedRatio{"writer / raw COPY, seed schema", "writer/seed", "raw_copy/seed", kRows, 0.65},
      GuardedRatio{"writer / staging, 1 % duplicates", "duplicates/writer/1", "duplicates/staging/1", kRows, 0.75},
      GuardedRatio{"4,096 outstanding / single-row INSERTs", "durable/writer/4096", "insert/8", kRows, 6},
      GuardedRatio{"4,096 outstanding / bare group commit", "durable/writer/4096", "durable/group_commit/4096", kRows,
                   0.6},
      GuardedRatio{"64 outstanding / bare group commit", "durable/writer/64", "durable/group_commit/64", kRows, 0.6},
      GuardedRatio{"bare group commit's p99 / the writer's, 20,000/s", "open_loop/group_commit/20000",
                   "open_loop/writer/20000", "p99_ms", 0.25},
      GuardedRatio{"the client's path / the encoder alone", "client/write", "client/encode", kRows, 0.04}};
  return kRatios;
}

void Print(const Results& results, std::ostream& out) {
  out << fmt::format("{:<52}{:>10}{:>20}{:>10}\n", "", "median", "min .. max", "least");
  for (const GuardedRatio& ratio : GuardedRatios()) {
    const auto measured = results.Ratio(ratio.contender, ratio.other, ratio.metric);
    const std::string median = measured ? fmt::format("{:.2f}", measured->median) : "none";
    const std::string spread = measured ? fmt::format("{:.2f} .. {:.2f}", measured->min, measured->max) : "";
    out << fmt::format("{:<52}{:>10}{:>20}{:>10.2f}{}\n", ratio.what, median, spread, ratio.least,
                       IsFarOff(ratio, results) ? "  FAR OFF" : "");
  }
}

std::vector<std::string> FarOff(const Results& results) {
  std::vector<std::string> found;
  for (const GuardedRatio& ratio : GuardedRatios()) {
    if (IsFarOff(ratio, results)) found.push_back(ratio.what);
  }
  return found;
}

std::vector<std::string> Both(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  std::vector<std::string> both;
  std::ranges::copy_if(first, std::back_inserter(both),
                       [&](const std::string& what) { return std::ranges::find(second, what) != second.end(); });
  return both;
}

}  // namespace bxb::bench::guard
