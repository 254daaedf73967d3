#pragma once

#include <string>

namespace bxb::bench::report {

/// What the command line asks for.
struct Options {
  std::string dsn = {};      ///< a server of the user's; empty: a private one
  std::string filter = {};   ///< a regular expression that an experiment's name must match
  double scale = 0;          ///< 0: what suits the time budget
  double time_budget = 600;  ///< seconds
  std::string out = "build/release/report";
  std::string peers = "build/peers";
  std::string command;  ///< for people: as it was given
  bool fresh = false;
  bool yes = false;
  bool list = false;
};

void PrintUsage();

/// Reads what Google Benchmark has left of the command line; an argument that nobody knows prints the usage and ends
/// the program.
Options ParseOptions(int argc, char** argv);

}  // namespace bxb::bench::report
