#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// An SQL condition (or ordering and limit) to stand behind `SELECT … FROM table`, for about the `rows` that were
/// written last. Of a plain table these are the rows at the heap's end, read without touching the rest of it; of a
/// partitioned one those with the latest `time_column`, which should have an index. FailedPrecondition where a
/// partitioned table has no time column.
absl::StatusOr<std::string> RecentRowsSql(pq::Connection& connection, const Table& table,
                                          const std::string& time_column, std::size_t rows, pq::Deadline deadline);

}  // namespace bxb::schema
