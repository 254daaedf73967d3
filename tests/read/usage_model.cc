#include "read/usage_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "fmt/format.h"

namespace bxb::testing {
namespace {

using Group = std::vector<std::optional<std::string>>;
using Kind = Aggregate::Kind;

// Missing properties come last.
struct GroupLess {
  bool operator()(const Group& a, const Group& b) const {
    return std::ranges::lexicographical_compare(a, b, [](const auto& left, const auto& right) {
      return left.has_value() != right.has_value() ? left.has_value() : left < right;
    });
  }
};

struct KeyLess {
  bool operator()(const std::pair<std::optional<absl::Time>, Group>& a,
                  const std::pair<std::optional<absl::Time>, Group>& b) const {
    return a.first != b.first ? a.first < b.first : GroupLess()(a.second, b.second);
  }
};

struct Line {
  std::vector<Number> numbers;  // in the order of the events
  std::set<std::string> texts;
  std::set<Number> different;
  Total total;
  bool held = false;
  std::int64_t events = 0;
};

using Lines = std::map<std::pair<std::optional<absl::Time>, Group>, Line, KeyLess>;

std::optional<PropertyValue> PropertyOf(const UsageEvent& event, const std::string& name) {
  if (name == kFirst) return event.first;
  if (name == kSecond) return event.second;
  return std::nullopt;
}

std::optional<std::string> PropertyText(const UsageEvent& event, const std::string& name) {
  const auto property = PropertyOf(event, name);
  return property ? property->text : std::nullopt;
}

std::optional<Number> NumberOf(const UsageEvent& event, const Field& field) {
  if (field.kind == Field::Kind::kProperty) {
    const auto property = PropertyOf(event, field.name);
    return property ? property->number : std::nullopt;
  }
  const auto& column = field.name == "value" ? event.value : event.decimal_value;
  return column ? std::optional(column->number) : std::nullopt;
}

std::optional<std::string> TextOf(const UsageEvent& event, const Field& field) {
  if (field.kind == Field::Kind::kProperty) return PropertyText(event, field.name);
  if (field.name == "code") return event.code;
  return field.name == "transaction_id" ? event.transaction_id : event.customer;
}

bool IsOneOf(const std::vector<std::string>& values, const std::string& value) {
  return std::ranges::find(values, value) != values.end();
}

bool Passes(const UsageQuery& query, const UsageEvent& event) {
  if (event.organization_id != query.organization_id) return false;
  if (!query.customers.empty() && !IsOneOf(query.customers, event.customer)) return false;
  if (!query.codes.empty() && !IsOneOf(query.codes, event.code)) return false;
  return std::ranges::all_of(query.properties, [&](const PropertyFilter& filter) {
    const auto text = PropertyText(event, filter.property);
    return text && IsOneOf(filter.values, *text);
  });
}

Group GroupOf(const UsageQuery& query, const UsageEvent& event) {
  Group group;
  for (const GroupBy& by : query.group_by) {
    if (by.kind == GroupBy::Kind::kCustomer) group.emplace_back(event.customer);
    if (by.kind == GroupBy::Kind::kCode) group.emplace_back(event.code);
    if (by.kind == GroupBy::Kind::kProperty) group.push_back(PropertyText(event, by.property));
  }
  return group;
}

absl::TimeZone ZoneOf(const UsageQuery& query) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(query.time_zone, &zone)) std::abort();
  return zone;
}

absl::CivilDay FirstDayOf(Bucket bucket, absl::CivilDay day) {
  if (bucket == Bucket::kMonth) return absl::CivilDay(absl::CivilMonth(day));
  return bucket == Bucket::kWeek ? absl::PrevWeekday(day + 1, absl::Weekday::monday) : day;
}

// Where clocks are turned back over midnight the second one counts, where they skip it the time that they do so.
absl::Time Midnight(absl::CivilDay day, absl::TimeZone zone) {
  const auto info = zone.At(absl::CivilSecond(day));
  return info.kind == absl::TimeZone::TimeInfo::REPEATED ? info.post : info.pre;
}

absl::Time BucketOf(const UsageQuery& query, absl::Time time) {
  const absl::TimeZone zone = ZoneOf(query);
  const auto local = zone.At(time);
  const absl::Duration past_minute = absl::Seconds(local.cs.second()) + local.subsecond;
  if (query.bucket == Bucket::kMinute) return time - past_minute;
  if (query.bucket == Bucket::kHour) return time - past_minute - absl::Minutes(local.cs.minute());
  return Midnight(FirstDayOf(*query.bucket, absl::CivilDay(local.cs)), zone);
}

// The next time at which another bucket may begin: when the local clock shows so, or when it is changed.
absl::Time NextCut(const UsageQuery& query, absl::Time time) {
  const absl::TimeZone zone = ZoneOf(query);
  const auto local = zone.At(time);
  absl::CivilSecond next(absl::CivilDay(local.cs) + 1);
  if (query.bucket == Bucket::kMinute) next = absl::CivilSecond(absl::CivilMinute(local.cs) + 1);
  if (query.bucket == Bucket::kHour) next = absl::CivilSecond(absl::CivilHour(local.cs) + 1);
  const absl::Time shown = time + absl::Seconds(next - local.cs) - local.subsecond;
  absl::TimeZone::CivilTransition change;
  if (!zone.NextTransition(time, &change)) return shown;
  const bool skips = change.from < change.to;
  return std::min(shown, zone.At(skips ? change.from : change.to).trans);
}

std::optional<absl::Time> KeyTime(const UsageQuery& query, absl::Time time) {
  return query.bucket ? std::optional(BucketOf(query, time)) : std::nullopt;
}

void TakePart(const UsageQuery& query, const UsageEvent& event, Lines& lines) {
  const Field& field = query.aggregate.field;
  const bool unique = query.aggregate.kind == Kind::kUniqueCount;
  const bool column = field.kind == Field::Kind::kColumn && (field.name == "value" || field.name == "decimal_value");
  const auto number =
      query.aggregate.kind == Kind::kCount || (unique && !column) ? std::nullopt : NumberOf(event, field);
  const auto text = unique && !column ? TextOf(event, field) : std::nullopt;
  if (query.aggregate.kind != Kind::kCount && !number && !text) return;
  Line& line = lines[{KeyTime(query, event.timestamp), GroupOf(query, event)}];
  ++line.events;
  if (text) line.texts.insert(*text);
  if (!number) return;
  line.numbers.push_back(*number);
  line.different.insert(*number);
  line.total.Add(*number);
}

void Hold(const UsageQuery& query, const Group& group, const Number& level, absl::Time since, absl::Time until,
          Lines& lines) {
  while (since < until) {
    const absl::Time end = query.bucket ? std::min(until, NextCut(query, since)) : until;
    Line& line = lines[{KeyTime(query, since), group}];
    line.total.Add(level, absl::ToInt64Microseconds(end - since));
    line.held = true;
    since = end;
  }
}

void HoldLevels(const UsageQuery& query, const std::vector<UsageEvent>& events, Lines& lines) {
  // Which customer, which code, which values of the properties grouped by; the last of them are in the group.
  std::map<std::tuple<std::string, std::string, Group>, std::vector<const UsageEvent*>> series;
  for (const UsageEvent& event : events) {
    if (event.timestamp >= query.to || !NumberOf(event, query.aggregate.field)) continue;
    series[{event.customer, event.code, GroupOf(query, event)}].push_back(&event);
  }
  for (const auto& [name, levels] : series) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const Group& group = std::get<Group>(name);
      const absl::Time since = levels[i]->timestamp;
      const absl::Time until = i + 1 < levels.size() ? levels[i + 1]->timestamp : query.to;
      if (since >= query.from) ++lines[{KeyTime(query, since), group}].events;
      Hold(query, group, *NumberOf(*levels[i], query.aggregate.field), std::max(since, query.from), until, lines);
    }
  }
}

absl::StatusOr<Decimal> Mean(const Line& line) {
  auto total = line.total.ToDecimal();
  if (!total.ok() || !total->is_finite()) return total;
  return Decimal::Parse(fmt::format("{:.17g}", total->ToDouble() / static_cast<double>(line.numbers.size())));
}

absl::StatusOr<Decimal> ValueOf(const Aggregate& aggregate, const Line& line) {
  if (aggregate.kind == Kind::kCount) return line.events;
  if (aggregate.kind == Kind::kUniqueCount) return static_cast<std::int64_t>(line.texts.size() + line.different.size());
  if (aggregate.kind == Kind::kWeightedSum || aggregate.kind == Kind::kSum) return line.total.ToDecimal();
  if (aggregate.kind == Kind::kAvg) return Mean(line);
  if (aggregate.kind == Kind::kLatest) return ToDecimal(line.numbers.back());
  std::vector<Number> sorted = line.numbers;
  std::ranges::sort(sorted, std::less<>());
  if (aggregate.kind == Kind::kMin) return ToDecimal(sorted.front());
  if (aggregate.kind == Kind::kMax) return ToDecimal(sorted.back());
  const double place = std::ceil(aggregate.fraction * static_cast<double>(sorted.size()));
  return ToDecimal(sorted[static_cast<std::size_t>(place) - 1]);
}

// Levels begin and end at whole microseconds.
absl::Time RoundedUp(absl::Time time) {
  return absl::UnixEpoch() + absl::Ceil(time - absl::UnixEpoch(), absl::Microseconds(1));
}

bool HasValue(const Aggregate& aggregate, const Line& line) {
  if (aggregate.kind == Kind::kCount || aggregate.kind == Kind::kUniqueCount) return true;
  return aggregate.kind == Kind::kWeightedSum ? line.held : !line.numbers.empty();
}

}  // namespace

absl::StatusOr<std::vector<UsageRow>> ModelOf(UsageQuery query, const std::vector<UsageEvent>& events) {
  query.from = RoundedUp(query.from);
  query.to = RoundedUp(query.to);
  std::vector<UsageEvent> picked;
  std::ranges::copy_if(events, std::back_inserter(picked), [&](const UsageEvent& e) { return Passes(query, e); });
  std::ranges::sort(picked, [](const UsageEvent& a, const UsageEvent& b) {
    return std::tuple(a.timestamp, a.transaction_id) < std::tuple(b.timestamp, b.transaction_id);
  });
  Lines lines;
  if (!query.bucket && query.group_by.empty()) lines[{}] = {};
  if (query.aggregate.kind == Kind::kWeightedSum) {
    HoldLevels(query, picked, lines);
  } else {
    for (const UsageEvent& event : picked) {
      if (query.from <= event.timestamp && event.timestamp < query.to) TakePart(query, event, lines);
    }
  }
  std::vector<UsageRow> rows;
  for (const auto& [key, line] : lines) {
    rows.push_back({.bucket = key.first, .group = key.second, .events = line.events});
    if (!HasValue(query.aggregate, line)) continue;
    auto value = ValueOf(query.aggregate, line);
    if (!value.ok()) return value.status();
    rows.back().value = *value;
  }
  return rows;
}

}  // namespace bxb::testing
