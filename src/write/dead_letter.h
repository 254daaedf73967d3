#pragma once

#include <span>
#include <string>
#include <string_view>

#include "write/commit_plan.h"

namespace bxb::write {

/// An encoded dedup key for people: `organization_id=0783aa7a-…, transaction_id=txn_42`.
std::string KeyText(std::string_view key, std::span<const CommitPlan::KeyColumn> columns);

}  // namespace bxb::write
