#include "report/experiments.h"

#include <array>

namespace bxb::bench::report {

std::span<const Experiment* const> Experiments() {
  static constexpr std::array kAll = {
      &kInsert,  &kCopy,     &kIndexes, &kSettings, &kPartitions, &kSize,    &kBytes,   &kVacuum, &kLag,   &kColumnar,
      &kPooling, &kReplicas, &kPeers,   &kDurable,  &kLatency,    &kScaling, &kProfile, &kClient, &kStall, &kReader,
  };
  return kAll;
}

}  // namespace bxb::bench::report
