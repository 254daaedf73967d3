#include "writer/settings.h"

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>

namespace bxb::bench {
namespace {

constexpr std::string_view kUsage =
    R"(bench_writer: bxb's writer beside what it is measured against, on one PostgreSQL server.

  --quick              under a minute instead of four: fewer rows and rounds, for a first look
  --rounds=N           how often every contender runs (5)
  --stall_seconds=N    how long the server stands still in memory/stalled (10)
  --dsn=STRING         use this server instead of a private one: everything happens in a schema of its own,
                       which is dropped afterwards; memory/stalled is left out
  --benchmark_filter=REGEX, --benchmark_out=FILE (JSON) and the other flags of Google Benchmark

It never fails for being slow.
)";

[[noreturn]] void Refuse(std::string_view argument) {
  std::cerr << "bench_writer: not understood: " << argument << "\n\n" << kUsage;
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): no thread has been started yet
}

void MakeQuick(Settings& settings) {
  settings.rounds = 2;
  settings.dedup_rows = 100'000;
  settings.seed_rows = 60'000;
  settings.insert_rows = 1'000;
  settings.client_rows = 50'000;
  settings.durable_seconds = 0.5;
  settings.open_loop_seconds = 0.8;
  settings.stall_seconds = 2;
}

std::optional<std::string_view> ValueOf(std::string_view argument, std::string_view flag) {
  if (!argument.starts_with(flag)) return std::nullopt;
  return argument.substr(flag.size());
}

int PositiveNumber(std::string_view text) {
  const int number = std::atoi(std::string(text).c_str());
  if (number < 1) Refuse(text);
  return number;
}

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--quick") MakeQuick(settings);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") continue;
    if (const auto dsn = ValueOf(argument, "--dsn=")) {
      settings.dsn = *dsn;
    } else if (const auto rounds = ValueOf(argument, "--rounds=")) {
      settings.rounds = PositiveNumber(*rounds);
    } else if (const auto seconds = ValueOf(argument, "--stall_seconds=")) {
      settings.stall_seconds = PositiveNumber(*seconds);
    } else {
      Refuse(argument);
    }
  }
  return settings;
}

}  // namespace bxb::bench
