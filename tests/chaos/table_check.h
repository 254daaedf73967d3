#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chaos/findings.h"
#include "chaos/producer.h"

namespace bxb::chaos {

using Producers = std::vector<std::unique_ptr<Producer>>;

/// Compares what the producers know with the events table on the server `dsn`: every event is there once with its
/// content, no spam is, nothing else is, and the sums agree.
void CheckTable(const std::string& dsn, const Producers& producers, Findings& findings);

}  // namespace bxb::chaos
