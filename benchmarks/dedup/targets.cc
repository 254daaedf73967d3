// What bench_dedup is held against.
#include "support/targets.h"

#include <fmt/format.h>

#include <string>

#include "dedup/ground.h"

namespace bxb::bench::dedup {
namespace {

void PrintReplay(const Results& results, Targets& targets) {
  targets.Row("replay, 1 thread: events/s", results.Of("replay/1", "rows_per_s"), Bound::kAtLeast, 2'000'000);
  targets.Row("replay, 2 threads: events/s", results.Of("replay/2", "rows_per_s"), Bound::kShown, 2'000'000);
  targets.Row("replay: lanes whose server process heard nothing", results.Of("replay/1", "idle_lanes"), Bound::kAtLeast,
              kConnections);
}

void PrintCache(const Results& results, Targets& targets) {
  const auto per_second = [&](const char* contender) { return results.Of(contender, "rows_per_s"); };
  targets.Row("cache: lookups/s that hit", per_second("cache/find_hit"), Bound::kAtLeast, 10'000'000);
  targets.Row("cache: lookups/s that miss", per_second("cache/find_miss"), Bound::kShown, 10'000'000);
  targets.Row("cache: claims and commits/s", per_second("cache/claim_commit"), Bound::kShown, 10'000'000);
  targets.Row("cache: bytes a key held", results.Of("cache/find_hit", "bytes_per_key"), Bound::kAtMost, 32);
  targets.Row("cache: % known of the keys committed, at that size", results.Of("cache/find_hit", "found_percent"),
              Bound::kShown, 1);
  targets.Row("cache: % known of the latest half, when full", results.Of("cache/remember", "found_percent"),
              Bound::kShown, 1);
  targets.Row("cache: keys hashed/s", per_second("cache/hash_key"), Bound::kShown, 10'000'000);
}

void PrintDuplicates(const Results& results, Targets& targets) {
  for (const Share share : kDuplicateShares) {
    const auto ratio = results.Ratio(fmt::format("duplicates/writer/{}", share.percent),
                                     fmt::format("duplicates/staging/{}", share.percent), "rows_per_s");
    targets.Row(fmt::format("{} % duplicates: writer / staging + ON CONFLICT", share.percent), ratio, Bound::kAtLeast,
                share.of_rows == 0 ? 1.3 : 0.95);
  }
}

void PrintPoison(const Results& results, Targets& targets) {
  const auto row = [&](const std::string& what, const char* contender, const char* metric, Bound bound, double limit) {
    targets.Row(what, results.Of(contender, metric), bound, limit);
  };
  row("0 % of rows bad: rows/s", "poison/check/0", "rows_per_s", Bound::kShown, 20'000);
  row("0.1 % fail a CHECK: rows/s", "poison/check/0.1", "rows_per_s", Bound::kShown, 20'000);
  row("1 % fail a CHECK: rows/s", "poison/check/1", "rows_per_s", Bound::kAtLeast, 20'000);
  row("10 % fail a CHECK: rows/s", "poison/check/10", "rows_per_s", Bound::kShown, 20'000);
  row("1 % fail a foreign key: rows/s", "poison/foreign_key/1", "rows_per_s", Bound::kShown, 20'000);
  row("a batch of bad rows only: seconds", "poison/all_bad", "seconds", Bound::kShown, 1);
}

}  // namespace

void PrintDedupTargets(const Results& results, std::ostream& out) {
  Targets targets(out);
  PrintReplay(results, targets);
  PrintCache(results, targets);
  PrintDuplicates(results, targets);
  PrintPoison(results, targets);
}

}  // namespace bxb::bench::dedup
