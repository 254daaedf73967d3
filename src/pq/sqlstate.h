#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace bxb::pq {

/// What a SQLSTATE means for a batch that failed with it
/// (https://www.postgresql.org/docs/15/errcodes-appendix.html).
enum class ErrorClass {
  kUniqueViolation,  ///< 23505: a duplicate, if it is the dedup index that says so
  kBadRow,           ///< 22xxx, other 23xxx, P0xxx, 54000, a trigger's own code: one of the rows is at fault
  kTransient,        ///< 40001, 40P01, 55P03, 57014: the same batch may pass at the next attempt
  kConnection,       ///< 08xxx, 57P01-57P03, 25006: this server or socket is no use any more
  kResources,        ///< 53xxx: disk full, too many connections: wait, then try again
  kPermanent,        ///< all others: no attempt will pass
};

ErrorClass Classify(std::string_view sqlstate);

/// The status code under which a SQLSTATE reaches the caller.
absl::StatusCode StatusCodeFor(std::string_view sqlstate);

}  // namespace bxb::pq
