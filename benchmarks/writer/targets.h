#pragma once

#include <ostream>

#include "writer/report.h"

namespace bxb::bench {

/// Holds the results against what the design asks for. It only tells: an absolute time, and a ratio on a busy
/// machine, must not fail a build.
void PrintTargets(const Results& results, std::ostream& out);

}  // namespace bxb::bench
