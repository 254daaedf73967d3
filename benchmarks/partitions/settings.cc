#include "partitions/settings.h"

#include <iostream>

namespace bxb::bench::partitions {
namespace {

constexpr std::string_view kTables = "seed,lean,daily,daily_seed,global";

constexpr std::string_view kUsage =
    R"(bench_partitions: what partitions, indexes and the scope of dedup cost, and what they save.

  --parts=LIST        some of routes,counts,sorting,scope,keys,decay (all):
                        routes   rows into a plain table, a leaf, the root; batches over several leaves
                        counts   12 to 2,000 partitions: planning, inserting, merging, opening a writer
                        sorting  batches sorted by key or not, for each index profile
                        scope    the writer with dedup per timestamp and global
                        keys     key tables: the exact columns or a hash of them, in little memory; they grow from
                                 round to round, so the spread of a contender is its decay
                        decay    many rows into one table, and into daily partitions, in little memory: hours
  --quick             a few minutes in all, for a first look: fewer rows and rounds
  --rounds=N          how often every contender runs (3); decay runs once
  --dsn=STRING        use this server instead of a private one: everything happens in a schema of its own, which
                      is dropped afterwards; memory is not held there, and decay is left out

decay, which can be killed and started again with the same --out, and goes on:
  --rows=N            (50000000)
  --days=N            that the rows' times fill evenly (50)
  --ids=KIND          transaction ids: random (UUIDs as text; the default) or sequential
  --tables=LIST       some of seed,lean,daily,daily_seed,global (seed,daily)
  --memory_mb=N       for the server and its page cache together (1536 for 50 million rows, and in proportion)
  --shared_buffers_mb=N  (a sixth of that)
  --max_minutes=N     for each table (60)
  --out=FOLDER        results and the servers' data (build/release/bench-partitions); the server's user must be
                      able to pass through it
  --keep-data         leave a table's data in the folder when it is finished

--benchmark_filter=REGEX, --benchmark_out=FILE (JSON) and the other flags of Google Benchmark work for all but decay.
It never fails for being slow.
)";

void MakeQuick(Settings& settings) {
  settings.rounds = 2;
  settings.route_rows = 60'000;
  settings.count_rows = 10'000;
  settings.sorting_rows = 60'000;
  settings.scope_rows = 60'000;
  settings.key_rows = 200'000;
  settings.decay.rows = 2'000'000;
  settings.decay.max_minutes = 2;
}

void TakeDecay(Flags& flags, DecaySettings& decay) {
  flags.Take("--rows=", decay.rows);
  flags.Take("--days=", decay.days);
  flags.TakeList("--tables=", kTables, decay.tables);
  flags.Take("--memory_mb=", decay.memory_mb);
  flags.Take("--shared_buffers_mb=", decay.shared_buffers_mb);
  flags.Take("--max_minutes=", decay.max_minutes);
  flags.Take("--out=", decay.out);
  if (flags.Take("--keep-data")) decay.keep_data = true;
  if (flags.Take("--ids=sequential")) decay.ids = Ids::kSequential;
  if (flags.Take("--ids=random")) decay.ids = Ids::kRandom;
}

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  settings.rounds = 3;
  Flags flags(argc, argv, kUsage);
  if (flags.Take("--quick")) MakeQuick(settings);
  flags.Take(settings);
  flags.TakeList("--parts=", kParts, settings.parts);
  TakeDecay(flags, settings.decay);
  flags.RefuseOthers();
  return settings;
}

}  // namespace bxb::bench::partitions
