#include "read/usage_parts.h"

#include <cstddef>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "read/usage_field.h"
#include "schema/partition_interval.h"

namespace bxb::read {
namespace {

// Events have whole microseconds: none lies between a time and the next one.
std::string TimeParameter(absl::Time time, Parameters& parameters) {
  const absl::Time next = absl::UnixEpoch() + absl::Ceil(time - absl::UnixEpoch(), absl::Microseconds(1));
  return parameters.Add(schema::TimeText(next, true), "timestamptz");
}

std::string GroupSql(const GroupBy& group, Parameters& parameters) {
  switch (group.kind) {
    case GroupBy::Kind::kCustomer:
      return "external_customer_id COLLATE \"C\"";
    case GroupBy::Kind::kCode:
      return "code COLLATE \"C\"";
    case GroupBy::Kind::kProperty:
      break;
  }
  return PropertySql(group.property, parameters);
}

// An error for columns of types that would give wrong results instead: arrays are only compared with those of their own
// type. That is so when the statement is parsed; the planner then drops it.
std::string TypesSql(const UsageQuery& query) {
  std::string sql = "ARRAY[\"timestamp\"] = ARRAY[]::timestamptz[]";
  const Field& field = query.aggregate.field;
  if (query.aggregate.kind != Aggregate::Kind::kCount && field.kind == Field::Kind::kColumn) {
    if (field.name == "value") sql += " AND ARRAY[value] = ARRAY[]::float8[]";
    if (field.name == "decimal_value") sql += " AND ARRAY[decimal_value] = ARRAY[]::numeric[]";
  }
  return fmt::format("(true OR {})", sql);
}

std::string EventsSql(const UsageQuery& query, const std::string& sql_table, UsageParts& parts) {
  Parameters& parameters = parts.parameters;
  std::string sql = fmt::format("FROM {}\n  WHERE organization_id = {} AND {}", sql_table,
                                parameters.Add(query.organization_id.ToString(), "uuid"), TypesSql(query));
  if (!query.codes.empty()) sql += "\n    AND code " + parameters.IsOneOf(query.codes);
  if (!query.customers.empty()) sql += "\n    AND external_customer_id " + parameters.IsOneOf(query.customers);
  for (const PropertyFilter& filter : query.properties) {
    const std::string name = parameters.Text(filter.property);
    sql += fmt::format("\n    AND properties->>{} {}", name, parameters.IsOneOf(filter.values));
  }
  // Of constants, so that a zone that the server does not know is an error also where there are no events.
  if (!parts.zone.empty()) sql += fmt::format("\n    AND timezone({}, 'epoch'::timestamptz) IS NOT NULL", parts.zone);
  return sql;
}

}  // namespace

UsageParts PartsOf(const UsageQuery& query, const std::string& sql_table) {
  UsageParts parts;
  parts.from = TimeParameter(query.from, parts.parameters);
  parts.to = TimeParameter(query.to, parts.parameters);
  if (query.bucket.has_value()) {
    parts.zone = parts.parameters.Text(query.time_zone);
    parts.keys.emplace_back("bucket");
  }
  parts.events = EventsSql(query, sql_table, parts);
  for (const GroupBy& group : query.group_by) {
    parts.keys.push_back(fmt::format("group_{}", parts.groups.size()));
    parts.groups.push_back(GroupSql(group, parts.parameters));
  }
  return parts;
}

std::string BucketSql(const UsageQuery& query, const UsageParts& parts, const std::string& time) {
  return fmt::format("date_trunc('{}', {}, {})", Name(*query.bucket), time, parts.zone);
}

std::string GroupColumns(const UsageParts& parts) {
  std::string sql;
  for (std::size_t i = 0; i < parts.groups.size(); ++i) sql += fmt::format(", {} AS group_{}", parts.groups[i], i);
  return sql;
}

std::string By(const std::string& what, const std::vector<std::string>& columns) {
  return columns.empty() ? "" : fmt::format("{} BY {}", what, fmt::join(columns, ", "));
}

std::string LinesSql(const UsageParts& parts, const std::string& value, const std::string& events,
                     const std::string& source) {
  std::string sql = "SELECT ";
  for (const std::string& key : parts.keys)
    sql += (key == "bucket" ? "extract(epoch FROM bucket)::bigint" : key) + ", ";
  return fmt::format("{}{}, {}\nFROM {}\n{}\n{}", sql, value, events, source, By("GROUP", parts.keys),
                     By("ORDER", parts.keys));
}

}  // namespace bxb::read
