#pragma once

#include <string>
#include <string_view>

#include "support/flags.h"

namespace bxb::bench::reader {

inline constexpr std::string_view kParts = "overhead,spread,month,lag,load,scan";

/// What the command line asks for.
struct Settings : CommonSettings {
  std::string parts{kParts};
  int events = 1'500'000;       ///< in the table that all parts but the month read
  int overhead_blocks = 40;     ///< of 50 reads each way, for each case
  int spread_seconds = 3;       ///< for each case
  int month_rows = 10'000'000;  ///< in each layout
  int lag_seconds = 4;          ///< at each rate
  int load_rows = 600'000;      ///< that are written in each case

  bool Wants(std::string_view part) const { return Lists(parts, part); }
};

void PrintUsage();

/// Reads what Google Benchmark has left of the command line; an argument that nobody knows prints the usage
/// and ends the program.
Settings ParseSettings(int argc, char** argv);

}  // namespace bxb::bench::reader
