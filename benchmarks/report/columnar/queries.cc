#include "report/columnar/queries.h"

#include <fmt/format.h>

namespace bxb::bench::report {

std::string Sql(std::string_view query, const UsageMonth& month) {
  constexpr std::string_view kSums = "sum(decimal_value) AS total, count(*) AS events FROM {}";
  const std::string organization = month.usage().organization(3).ToString();
  if (query == "by_code") return fmt::format("SELECT code, {} GROUP BY code ORDER BY code", kSums);
  if (query == "by_day") {
    return fmt::format(
        "SELECT CAST(timestamp AS date) AS day, {} WHERE organization_id = '{}' GROUP BY day ORDER BY day", kSums,
        organization);
  }
  if (query == "top_customers") {
    return fmt::format(
        "SELECT external_customer_id, {} GROUP BY external_customer_id ORDER BY total DESC, external_customer_id "
        "LIMIT 10",
        kSums);
  }
  return fmt::format(
      "SELECT code, {} WHERE organization_id = '{}' AND external_customer_id = '{}' "
      "AND timestamp >= '2025-03-01 00:00:00' AND timestamp < '2025-04-01 00:00:00' GROUP BY code ORDER BY code",
      kSums, organization, month.usage().customer(3, 42));
}

}  // namespace bxb::bench::report
