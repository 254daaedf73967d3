#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/internal/reader_engine.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "bxb/reader.h"
#include "pq/connection.h"

namespace bxb::read {

/// A scan, fitted to the table as one server has it.
struct ScanPlan {
  std::vector<PgType> types;  ///< of the shape's columns
  std::string select;         ///< "SELECT … FROM …" of these, without conditions
  std::vector<std::string> conditions;
};

/// Looks the table up: `table` (as WriterOptions::table) or else the shape's own. InvalidArgument names the columns
/// that are missing, or the option at fault; NotFound: no such table; PermissionDenied: the role may not read a column.
absl::StatusOr<ScanPlan> PlanScan(pq::Connection& connection, const internal::RowShape& shape, const ScanOptions& scan,
                                  pq::Deadline deadline);

/// Streams it. The number of rows that the sink has taken.
absl::StatusOr<std::uint64_t> StreamScan(pq::Connection& connection, const ScanPlan& plan,
                                         const internal::TupleSink& sink, pq::Deadline deadline);

}  // namespace bxb::read
