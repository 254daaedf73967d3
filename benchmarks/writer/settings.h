#pragma once

#include <cstddef>

#include "support/flags.h"

namespace bxb::bench::writer {

/// What the command line asks for. The counts are rows per run.
struct Settings : CommonSettings {
  std::size_t dedup_rows = 300'000;
  std::size_t seed_rows = 200'000;
  std::size_t insert_rows = 3'000;  ///< per run of one connection; several share four times as many
  std::size_t client_rows = 100'000;
  double durable_seconds = 1.2;  ///< about how long a closed loop runs
  double open_loop_seconds = 2;
  int stall_seconds = 10;
};

void PrintUsage();

/// Reads what Google Benchmark has left of the command line; an argument that nobody knows prints the usage
/// and ends the program.
Settings ParseSettings(int argc, char** argv);

}  // namespace bxb::bench::writer
