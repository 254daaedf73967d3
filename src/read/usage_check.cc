#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bxb/internal/text_check.h"
#include "bxb/internal/time_codec.h"
#include "bxb/internal/verdict.h"
#include "fmt/format.h"
#include "read/usage_field.h"
#include "read/usage_statement.h"

namespace bxb::read {
namespace {

// Each filter takes two of a statement's 65,535 parameters.
constexpr std::size_t kMostProperties = 1000;

absl::Status Invalid(std::string_view member, std::string_view problem) {
  return absl::InvalidArgumentError(fmt::format("UsageQuery::{} {}", member, problem));
}

absl::Status CheckText(std::string_view member, std::string_view text) {
  const internal::Verdict verdict = internal::CheckText(text);
  return verdict.ok() ? absl::OkStatus() : Invalid(member, verdict.broken->words);
}

absl::Status CheckName(std::string_view member, std::string_view name) {
  return name.empty() ? Invalid(member, "is empty") : CheckText(member, name);
}

absl::Status CheckTexts(std::string_view member, const std::vector<std::string>& texts) {
  absl::Status status;
  for (std::size_t i = 0; i < texts.size() && status.ok(); ++i) {
    status = CheckText(fmt::format("{}[{}]", member, i), texts[i]);
  }
  return status;
}

absl::Status CheckTime(std::string_view member, absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return Invalid(member, "is infinite");
  if (time >= internal::kMinTimestamp && time <= internal::kEndTimestamp - absl::Microseconds(1)) {
    return absl::OkStatus();
  }
  return Invalid(member, internal::kTimeRange.words);
}

absl::Status CheckRange(const UsageQuery& query) {
  absl::Status status = CheckTime("from", query.from);
  status.Update(CheckTime("to", query.to));
  if (!status.ok() || query.from < query.to) return status;
  if (query.to == absl::Time{}) return Invalid("to", "is not set");
  return Invalid("from",
                 fmt::format("is {}, which is not before `to`, {}", absl::FormatTime(query.from, absl::UTCTimeZone()),
                             absl::FormatTime(query.to, absl::UTCTimeZone())));
}

absl::Status CheckFilters(const std::vector<PropertyFilter>& filters) {
  if (filters.size() > kMostProperties) return Invalid("properties", fmt::format("has more than {}", kMostProperties));
  absl::Status status;
  for (std::size_t i = 0; i < filters.size() && status.ok(); ++i) {
    const std::string member = fmt::format("properties[{}]", i);
    status = CheckName(member + ".property", filters[i].property);
    if (filters[i].values.empty()) status.Update(Invalid(member + ".values", "is empty"));
    status.Update(CheckTexts(member + ".values", filters[i].values));
  }
  return status;
}

absl::Status CheckGroups(const std::vector<GroupBy>& groups) {
  if (groups.size() > kMostProperties) return Invalid("group_by", fmt::format("has more than {}", kMostProperties));
  absl::Status status;
  for (std::size_t i = 0; i < groups.size() && status.ok(); ++i) {
    if (groups[i].kind != GroupBy::Kind::kProperty) continue;
    status = CheckName(fmt::format("group_by[{}].property", i), groups[i].property);
  }
  return status;
}

absl::Status CheckAggregate(const Aggregate& aggregate) {
  const Field& field = aggregate.field;
  if (aggregate.kind == Aggregate::Kind::kCount) return absl::OkStatus();
  if (aggregate.kind == Aggregate::Kind::kPercentile && !(0 < aggregate.fraction && aggregate.fraction <= 1)) {
    return Invalid("aggregate",
                   fmt::format("has the fraction {}, which is not above 0 and up to 1", aggregate.fraction));
  }
  if (absl::Status status = CheckName("aggregate.field.name", field.name); !status.ok()) return status;
  if (field.kind == Field::Kind::kProperty || IsNumberColumn(field.name)) return absl::OkStatus();
  const bool text = aggregate.kind == Aggregate::Kind::kUniqueCount;
  if (text && IsTextColumn(field.name)) return absl::OkStatus();
  return Invalid("aggregate",
                 fmt::format("has the column \"{}\"; there are {}value and decimal_value, and Property(name)",
                             field.name, text ? "external_customer_id, code, transaction_id, " : ""));
}

}  // namespace

absl::Status CheckUsageQuery(const UsageQuery& query) {
  absl::Status status;
  if (query.organization_id == Uuid{}) status = Invalid("organization_id", "is all zeros");
  status.Update(CheckTexts("customers", query.customers));
  status.Update(CheckTexts("codes", query.codes));
  status.Update(CheckFilters(query.properties));
  status.Update(CheckRange(query));
  status.Update(CheckAggregate(query.aggregate));
  status.Update(CheckGroups(query.group_by));
  status.Update(CheckName("time_zone", query.time_zone));
  return status;
}

}  // namespace bxb::read
