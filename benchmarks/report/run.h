#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "report/experiment.h"
#include "report/journal.h"

namespace bxb::bench::report {

/// When the run began, and how long it may take.
struct Budget {
  double seconds;
  double spent_before = 0;  ///< by the run that this one goes on with
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  double Spent() const;
  double Left() const { return seconds - Spent(); }
};

/// From now on SIGINT, SIGTERM and SIGHUP end the experiment that runs, and Interrupted() tells.
void TakeInterrupts();
bool Interrupted();

/// Runs the first of these experiments in a process of its own, as long as its share of the budget allows; the others
/// are still to come. The journal has what came of it, also where it failed or had to be ended.
void RunFirst(std::span<const Experiment* const> left, const Ground& ground, const Budget& budget, Journal& journal);

}  // namespace bxb::bench::report
