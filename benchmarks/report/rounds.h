#pragma once

#include <vector>

#include "report/experiment.h"
#include "report/journal.h"

namespace bxb::bench::report {

/// How much time there is, in seconds.
struct Allowance {
  double slice;       ///< for the experiment, its set-up included
  double later;       ///< for those behind it
  double elapsed;     ///< from the run's begin to the experiment's
  double set_up = 0;  ///< that the set-up took
};

/// Runs an experiment's contenders in rounds, behind those that are in the journal already, until its slice is spent;
/// tells the journal each figure as it comes. Progress is shown on stderr.
void RunRounds(const Experiment& experiment, const std::vector<Contender>& contenders, const Allowance& allowance,
               int former_rounds, Journal& journal);

}  // namespace bxb::bench::report
