// What bench_writer is held against.
#include "support/targets.h"

#include <fmt/format.h>

#include <string>

#include "writer/ground.h"

namespace bxb::bench::writer {
namespace {

void PrintRatios(const Results& results, Targets& targets) {
  const auto ratio = [&](const char* contender, const char* other) {
    return results.Ratio(contender, other, "rows_per_s");
  };
  targets.Row("writer / raw COPY, dedup index", ratio("writer/dedup", "raw_copy/dedup"), Bound::kAtLeast, 0.95);
  targets.Row("writer / raw COPY sorted by key, dedup index", ratio("writer/dedup", "raw_copy_sorted/dedup"),
              Bound::kShown, 1);
  targets.Row("writer / raw COPY, seed schema", ratio("writer/seed", "raw_copy/seed"), Bound::kShown, 1);
  targets.Row("writer / psql \\copy, dedup index", ratio("writer/dedup", "psql_copy/dedup"), Bound::kAtLeast, 1.6);
  targets.Row("writer / psql \\copy, seed schema", ratio("writer/seed", "psql_copy/seed"), Bound::kAtLeast, 2);
}

void PrintDurable(const Results& results, Targets& targets) {
  const std::string insert = FastestInsert(results);
  targets.Row("durable, 4,096 outstanding: rows/s", results.Of("durable/writer/4096", "rows_per_s"), Bound::kAtLeast,
              200'000);
  targets.Row("durable, 4,096 outstanding / best single-row INSERT",
              results.Ratio("durable/writer/4096", insert, "rows_per_s"), Bound::kAtLeast, 14);
  for (const char* outstanding : {"64", "1024", "4096"}) {
    targets.Row(fmt::format("durable, {} outstanding / bare group commit", outstanding),
                results.Ratio(fmt::format("durable/writer/{}", outstanding),
                              fmt::format("durable/group_commit/{}", outstanding), "rows_per_s"),
                Bound::kShown, 1);
  }
}

void PrintOpenLoop(const Results& results, Targets& targets) {
  struct Rate {
    int events;
    double p99_ms;  ///< 0: no target
  };
  for (const auto& [events, p99_ms] : {Rate{20'000, 2}, Rate{50'000, 0}, Rate{100'000, 8}}) {
    const std::string writer = fmt::format("open_loop/writer/{}", events);
    const std::string bare = fmt::format("open_loop/group_commit/{}", events);
    const Bound bound = p99_ms > 0 ? Bound::kAtMost : Bound::kShown;
    targets.Row(fmt::format("open loop, {} events/s: p99 in ms", events), results.Of(writer, "p99_ms"), bound, p99_ms);
    targets.Row(fmt::format("open loop, {} events/s: p99 / bare group commit's", events),
                results.Ratio(writer, bare, "p99_ms"), bound, 1.2);
  }
}

void PrintClient(const Results& results, Targets& targets) {
  targets.Row("client path on one core: events/s", results.Of("client/write", "rows_per_s"), Bound::kAtLeast,
              2'000'000);
  const auto bound = results.Of("memory/stalled", "bound_MiB");
  targets.Row("server stalled: resident memory grew by MiB", results.Of("memory/stalled", "growth_MiB"), Bound::kAtMost,
              bound ? bound->median + 32 : 0);
  targets.Row("server stalled: events lost", results.Of("memory/stalled", "lost"), Bound::kAtMost, 0);
}

}  // namespace

void PrintWriterTargets(const Results& results, std::ostream& out) {
  Targets targets(out);
  PrintRatios(results, targets);
  PrintDurable(results, targets);
  PrintOpenLoop(results, targets);
  PrintClient(results, targets);
}

}  // namespace bxb::bench::writer
