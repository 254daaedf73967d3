#include "reader/settings.h"

#include <iostream>

namespace bxb::bench::reader {
namespace {

constexpr std::string_view kUsage =
    R"(bench_reader: reads through bxb's reader, on a private primary and two replicas of it.

  --parts=LIST    some of overhead,spread,month,lag,load,scan (all):
                    overhead  a query through the reader and through libpq alone
                    spread    many readers of one server, and of three
                    month     a month's usage, on each layout of the events table; on a server of its own
                    lag       how far replicas are behind, and how long a writer's token is waited for, by write rate
                    load      the writer beside analytical queries on a replica, and on the primary
                    scan      a whole table through the reader, and through COPY without a look at it
  --quick         about two minutes instead of fifteen: fewer rows and rounds, for a first look
  --rounds=N      how often every contender runs (3)
  --rows=N        in each table of month (10000000)
  --benchmark_filter=REGEX ('^overhead' …), --benchmark_out=FILE (JSON) and the other flags of Google Benchmark

It never fails for being slow, but it does when a read has come from the wrong server, or has not seen what it must, or
when two layouts have different answers.
)";

void MakeQuick(Settings& settings) {
  settings.rounds = 2;
  settings.events = 200'000;
  settings.overhead_blocks = 8;
  settings.spread_seconds = 1;
  settings.month_rows = 200'000;
  settings.lag_seconds = 1;
  settings.load_rows = 100'000;
}

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  settings.rounds = 3;
  Flags flags(argc, argv, kUsage);
  if (flags.Take("--quick")) MakeQuick(settings);
  flags.TakeList("--parts=", kParts, settings.parts);
  flags.Take("--rounds=", settings.rounds);
  flags.Take("--rows=", settings.month_rows);
  flags.RefuseOthers();
  return settings;
}

}  // namespace bxb::bench::reader
