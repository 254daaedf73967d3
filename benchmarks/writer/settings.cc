#include "writer/settings.h"

#include <iostream>
#include <string_view>

namespace bxb::bench::writer {
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

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  Flags flags(argc, argv, kUsage);
  if (flags.Take("--quick")) MakeQuick(settings);
  flags.Take(settings);
  flags.Take("--stall_seconds=", settings.stall_seconds);
  flags.RefuseOthers();
  return settings;
}

}  // namespace bxb::bench::writer
