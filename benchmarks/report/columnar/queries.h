#pragma once

#include <array>
#include <string>
#include <string_view>

#include "report/columnar/usage_month.h"

namespace bxb::bench::report {

/// A query of the month.
struct Query {
  std::string_view name;
  std::string_view title;
};

inline constexpr std::array kQueries = {
    Query{"by_code", "everything, by code"},
    Query{"by_day", "one organization, by day"},
    Query{"top_customers", "everything, the 10 largest customers"},
    Query{"one_customer", "one customer's month, by code"},
};

/// The same text for all engines: see Store::Ask.
std::string Sql(std::string_view query, const UsageMonth& month);

}  // namespace bxb::bench::report
