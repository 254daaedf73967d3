#include "bxb/usage.h"

#include <utility>

namespace bxb {
namespace {

Aggregate Of(Aggregate::Kind kind, Field field) { return {.kind = kind, .field = std::move(field)}; }

}  // namespace

Field Property(std::string name) {
  Field field(std::move(name));
  field.kind = Field::Kind::kProperty;
  return field;
}

Aggregate Count() { return {}; }
Aggregate Sum(Field field) { return Of(Aggregate::Kind::kSum, std::move(field)); }
Aggregate Max(Field field) { return Of(Aggregate::Kind::kMax, std::move(field)); }
Aggregate Min(Field field) { return Of(Aggregate::Kind::kMin, std::move(field)); }
Aggregate Avg(Field field) { return Of(Aggregate::Kind::kAvg, std::move(field)); }
Aggregate UniqueCount(Field field) { return Of(Aggregate::Kind::kUniqueCount, std::move(field)); }
Aggregate Latest(Field field) { return Of(Aggregate::Kind::kLatest, std::move(field)); }
Aggregate WeightedSum(Field field) { return Of(Aggregate::Kind::kWeightedSum, std::move(field)); }

Aggregate Percentile(Field field, double fraction) {
  return {.kind = Aggregate::Kind::kPercentile, .field = std::move(field), .fraction = fraction};
}

std::string_view Name(Bucket bucket) {
  switch (bucket) {
    case Bucket::kMinute:
      return "minute";
    case Bucket::kHour:
      return "hour";
    case Bucket::kDay:
      return "day";
    case Bucket::kWeek:
      return "week";
    case Bucket::kMonth:
      break;
  }
  return "month";
}

std::ostream& operator<<(std::ostream& out, const UsageRow& row) {
  if (row.bucket) out << absl::FormatTime(absl::RFC3339_full, *row.bucket, absl::UTCTimeZone()) << "  ";
  for (const auto& value : row.group) out << value.value_or("(none)") << "  ";
  out << (row.value ? row.value->ToString() : "(none)");
  return out << "  (" << row.events << (row.events == 1 ? " event)" : " events)");
}

}  // namespace bxb
