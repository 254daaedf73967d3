// What bench_partitions is held against.
#include "support/targets.h"

#include <fmt/format.h>

#include <string>

#include "partitions/ground.h"

namespace bxb::bench::partitions {
namespace {

// Of the parts that were asked for.
class Ratios {
 public:
  Ratios(const Results& results, Targets& targets) : results_(results), targets_(targets) {}

  void Show(const std::string& what, const std::string& contender, const std::string& other) {
    const auto ratio = results_.Ratio(contender, other, "rows_per_s");
    if (ratio) targets_.Row(what, ratio, Bound::kShown, 1);
  }

 private:
  const Results& results_;
  Targets& targets_;
};

void PrintRoutes(Ratios& ratios) {
  for (const char* indexes : {"bare", "lean"}) {
    ratios.Show(fmt::format("leaf / root, {}", indexes), fmt::format("routes/leaf/{}", indexes),
                fmt::format("routes/root/{}", indexes));
    ratios.Show(fmt::format("leaf / plain table, {}", indexes), fmt::format("routes/leaf/{}", indexes),
                fmt::format("routes/plain/{}", indexes));
  }
  for (const int days : {1, 2, 8, 32}) {
    ratios.Show(fmt::format("batch over {} days: a COPY a leaf / root", days),
                fmt::format("routes/leaves/{}_days", days), fmt::format("routes/root/{}_days", days));
    ratios.Show(fmt::format("batch over {} days: a batch a leaf / root", days),
                fmt::format("routes/batches/{}_days", days), fmt::format("routes/root/{}_days", days));
  }
}

void PrintCounts(Ratios& ratios) {
  for (const int leaves : {12, 52, 365, 2'000}) {
    ratios.Show(fmt::format("{} partitions: leaf / root, batches of 1,000", leaves),
                fmt::format("counts/copy_leaf/{}", leaves), fmt::format("counts/copy_root/{}", leaves));
    ratios.Show(fmt::format("{} partitions: merge into leaf / root", leaves),
                fmt::format("counts/merge_leaf/{}", leaves), fmt::format("counts/merge_root/{}", leaves));
  }
}

void PrintSorting(Ratios& ratios) {
  for (const char* profile : {"seed", "lean", "append"}) {
    for (const char* ids : {"random", "sequential"}) {
      const std::string contender = fmt::format("sorting/{}/{}/", profile, ids);
      ratios.Show(fmt::format("sorted / arrival order, {}, {} ids", profile, ids), contender + "sorted",
                  contender + "arrival");
    }
  }
}

void PrintScope(Ratios& ratios) {
  for (const char* ids : {"random", "sequential"}) {
    ratios.Show(fmt::format("writer: global / per timestamp, {} ids", ids), fmt::format("scope/global/{}", ids),
                fmt::format("scope/per_timestamp/{}", ids));
    ratios.Show(fmt::format("key table: exact columns / hash, {} ids", ids), fmt::format("keys/exact/{}", ids),
                "keys/hash");
  }
}

}  // namespace

void PrintPartitionTargets(const Results& results, std::ostream& out) {
  Targets targets(out);
  Ratios ratios(results, targets);
  PrintRoutes(ratios);
  PrintCounts(ratios);
  PrintSorting(ratios);
  PrintScope(ratios);
}

}  // namespace bxb::bench::partitions
