#include "dedup/settings.h"

#include <iostream>
#include <string_view>

namespace bxb::bench::dedup {
namespace {

constexpr std::string_view kUsage =
    R"(bench_dedup: what duplicates and bad rows cost bxb's writer, on one PostgreSQL server.

  --quick         under a minute instead of five: fewer rows and rounds, for a first look
  --rounds=N      how often every contender runs (5)
  --dsn=STRING    use this server instead of a private one: everything happens in a schema of its own,
                  which is dropped afterwards
  --benchmark_filter=REGEX ('^replay', '^cache', '^duplicates', '^poison'), --benchmark_out=FILE (JSON) and the
  other flags of Google Benchmark

It never fails for being slow, but it does when a row has got lost or has been counted twice.
)";

void MakeQuick(Settings& settings) {
  settings.rounds = 2;
  settings.replay_rows = 200'000;
  settings.cache_keys = 2'000'000;
  settings.rows = 100'000;
  settings.poison_rows = 40'000;
  settings.foreign_key_rows = 10'000;
  settings.all_bad_rows = 2'000;
}

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  Flags flags(argc, argv, kUsage);
  if (flags.Take("--quick")) MakeQuick(settings);
  flags.Take(settings);
  flags.RefuseOthers();
  return settings;
}

}  // namespace bxb::bench::dedup
