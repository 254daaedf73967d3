#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chaos/findings.h"
#include "chaos/partition_producer.h"

namespace bxb::chaos {

using PartitionProducers = std::vector<std::unique_ptr<PartitionProducer>>;

/// Compares what the producers know with the events table: every event is there once, with its time, and nothing else.
void CheckEvents(const std::string& dsn, const PartitionProducers& producers, Findings& findings);

/// Each event has its key in the key table, and each key one event.
void CheckKeys(const std::string& dsn, Findings& findings);

/// Every table is a partition again.
void CheckNothingIsLeft(const std::string& dsn, Findings& findings);

}  // namespace bxb::chaos
