#include "report/experiments.h"

#include <array>

namespace bxb::bench::report {

std::span<const Experiment* const> Experiments() {
  static constexpr std::array kAll = {
      &kCopy,
  };
  return kAll;
}

}  // namespace bxb::bench::report
