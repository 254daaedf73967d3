#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "report/ground.h"
#include "report/section.h"
#include "support/contender.h"
#include "support/report.h"

namespace bxb::bench::report {

/// One thing to find out: a file in experiments/. It runs in a process of its own: its contenders in rounds, one after
/// the other in each (every other round backwards), until its share of the time is spent. `Die` ends it, and the page
/// says why.
struct Experiment {
  std::string_view name;   ///< for --filter and files: "indexes"
  std::string_view title;  ///< of its section: "What an index costs"

  /// Its share of the time, against the others'; what one round of all takes at scale 1, in seconds, times three, is a
  /// good value.
  double weight = 10;

  /// Sets up what all rounds need, and returns the contenders, which hold it: what they hold goes with them. An error
  /// says why the experiment does not run here; the page repeats it.
  absl::StatusOr<std::vector<Contender>> (*set_up)(const Ground& ground) = nullptr;

  /// Writes the section from what was measured; anything may be missing. Called in another process than `set_up`, and
  /// also on results of a former run.
  void (*tell)(const Results& results, Section& section) = nullptr;
};

/// All of them, in the page's order.
std::span<const Experiment* const> Experiments();

}  // namespace bxb::bench::report
