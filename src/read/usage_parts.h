#pragma once

#include <string>
#include <vector>

#include "bxb/usage.h"
#include "read/usage_parameters.h"

namespace bxb::read {

/// What the statements of all aggregates are made of.
struct UsageParts {
  Parameters parameters;
  std::string events;  ///< "FROM … WHERE …": all conditions but those on time
  std::string from;    ///< the range's ends
  std::string to;
  std::string zone;                 ///< empty without buckets
  std::vector<std::string> groups;  ///< the values of group_by, from an event's columns
  std::vector<std::string> keys;    ///< what a line of the result is for: "bucket", "group_0" …, in order
};

UsageParts PartsOf(const UsageQuery& query, const std::string& sql_table);

/// The bucket that a time lies in.
std::string BucketSql(const UsageQuery& query, const UsageParts& parts, const std::string& time);

/// The groups as columns "group_0" …, each behind a comma.
std::string GroupColumns(const UsageParts& parts);

/// "PARTITION BY …" or "GROUP BY …" of all of these; empty where there are none.
std::string By(const std::string& what, const std::vector<std::string>& columns);

/// The whole statement: a line for each of the keys that there are in `source`.
std::string LinesSql(const UsageParts& parts, const std::string& value, const std::string& events,
                     const std::string& source);

}  // namespace bxb::read
