#pragma once

#include "report/experiment.h"

namespace bxb::bench::report {

// Each is defined in its file in experiments/, which says what it is about.
extern const Experiment kInsert;
extern const Experiment kCopy;
extern const Experiment kIndexes;
extern const Experiment kSettings;
extern const Experiment kPartitions;
extern const Experiment kSize;
extern const Experiment kBytes;
extern const Experiment kVacuum;
extern const Experiment kLag;
extern const Experiment kColumnar;
extern const Experiment kPooling;
extern const Experiment kReplicas;
extern const Experiment kPeers;
extern const Experiment kDurable;
extern const Experiment kLatency;
extern const Experiment kScaling;
extern const Experiment kProfile;
extern const Experiment kClient;
extern const Experiment kStall;
extern const Experiment kReader;

}  // namespace bxb::bench::report
