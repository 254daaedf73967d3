#pragma once

#include <string>

#include "bxb/usage.h"
#include "read/usage_parts.h"

namespace bxb::read {

/// The statement of Aggregate::Kind::kWeightedSum.
std::string WeightedSumSql(const UsageQuery& query, UsageParts& parts);

}  // namespace bxb::read
