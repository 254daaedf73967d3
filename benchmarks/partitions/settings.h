#pragma once

#include <string>
#include <string_view>

#include "partitions/generator.h"
#include "support/flags.h"

namespace bxb::bench::partitions {

/// What "decay" is told.
struct DecaySettings {
  int rows = 50'000'000;
  int days = 50;  ///< that the rows' times fill
  Ids ids = Ids::kRandom;
  std::string tables = "seed,daily";  ///< names of DecayTables(), with commas
  int memory_mb = 0;                  ///< for the server with its page cache; 0: scaled with the rows
  int shared_buffers_mb = 0;          ///< 0: a sixth of it
  int max_minutes = 60;               ///< for each table
  std::string out = "build/release/bench-partitions";
  bool keep_data = false;
};

inline constexpr std::string_view kParts = "routes,counts,sorting,scope,keys,decay";

/// What the command line asks for. The counts are per run.
struct Settings : CommonSettings {
  std::string parts{kParts};
  int route_rows = 200'000;  ///< a multiple of 20,000
  int count_rows = 50'000;
  int sorting_rows = 160'000;
  int scope_rows = 240'000;
  int key_rows = 1'000'000;  ///< in each round
  DecaySettings decay;

  bool Wants(std::string_view part) const { return Lists(parts, part); }
};

void PrintUsage();

/// Reads what Google Benchmark has left of the command line; an argument that nobody knows prints the usage
/// and ends the program.
Settings ParseSettings(int argc, char** argv);

}  // namespace bxb::bench::partitions
