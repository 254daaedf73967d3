#pragma once

#include <cstddef>

#include "support/flags.h"

namespace bxb::bench::dedup {

/// What the command line asks for. The counts are per run.
struct Settings : CommonSettings {
  std::size_t replay_rows = 1'000'000;
  std::size_t cache_keys = 10'000'000;
  std::size_t rows = 300'000;  ///< at each rate of duplicates
  std::size_t poison_rows = 100'000;
  std::size_t foreign_key_rows = 20'000;
  std::size_t all_bad_rows = 10'000;
};

void PrintUsage();

/// Reads what Google Benchmark has left of the command line; an argument that nobody knows prints the usage
/// and ends the program.
Settings ParseSettings(int argc, char** argv);

}  // namespace bxb::bench::dedup
