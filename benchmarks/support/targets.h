#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "support/report.h"

namespace bxb::bench {

enum class Bound { kAtLeast, kAtMost, kShown };

/// Holds the results against what the design asks for. It only tells: an absolute time, and a ratio on a busy
/// machine, must not fail a build.
class Targets {
 public:
  explicit Targets(std::ostream& out);  ///< prints the title

  void Row(const std::string& what, const std::optional<Summary>& measured, Bound bound, double limit);

 private:
  std::ostream& out_;
};

}  // namespace bxb::bench
