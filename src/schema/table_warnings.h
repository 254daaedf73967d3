#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bxb/internal/row_shape.h"
#include "bxb/schema.h"
#include "pq/connection.h"
#include "schema/binding.h"
#include "schema/indexes.h"
#include "schema/table.h"

namespace bxb::schema {

/// Why a unique index is no help for dedup: "partial", "deferrable" …; empty where it is none of that.
std::string WhyNotForDedup(const TableIndex& index);

/// What works with this table, but slower or otherwise than one might think. `report` holds what is known of the
/// partitions.
absl::StatusOr<std::vector<std::string>> TableWarnings(pq::Connection& connection, const internal::RowShape& shape,
                                                       const Table& table, const std::vector<TableIndex>& indexes,
                                                       const TableReport& report, pq::Deadline deadline);

}  // namespace bxb::schema
