#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "read/usage_statement.h"

namespace bxb::read {
namespace {

absl::StatusOr<std::int64_t> Integer(std::optional<std::string_view> text) {
  std::int64_t number = 0;
  if (text && absl::SimpleAtoi(absl::string_view(text->data(), text->size()), &number)) return number;
  return absl::InternalError(fmt::format("a line of usage has \"{}\" for an integer", text.value_or("NULL")));
}

std::string_view WithoutTrailingZeros(std::string_view number) {
  if (number.find('.') == std::string_view::npos) return number;
  number.remove_suffix(number.size() - 1 - number.find_last_not_of('0'));
  if (number.ends_with('.')) number.remove_suffix(1);
  return number;
}

absl::StatusOr<Decimal> Number(std::string_view text) {
  auto number = Decimal::Parse(text);
  if (!number.ok()) number = Decimal::Parse(WithoutTrailingZeros(text));
  if (number.ok()) return number;
  constexpr std::size_t kShown = 60;
  return absl::OutOfRangeError(fmt::format("the usage is {}{}, which has more than the {} digits of a Decimal",
                                           text.substr(0, kShown), text.size() > kShown ? "…" : "",
                                           Decimal::kMaxDigits));
}

}  // namespace

absl::StatusOr<UsageRow> UsageRowOf(const UsageQuery& query, pq::RowView row) {
  const std::size_t keys = query.group_by.size() + (query.bucket.has_value() ? 1 : 0);
  if (row.size() != keys + 2) {
    return absl::InternalError(fmt::format("a line of usage has {} columns, not {}", row.size(), keys + 2));
  }
  UsageRow usage;
  if (query.bucket.has_value()) {
    auto seconds = Integer(row[0]);
    if (!seconds.ok()) return seconds.status();
    usage.bucket = absl::FromUnixSeconds(*seconds);
  }
  for (const auto& value : row.subspan(keys - query.group_by.size(), query.group_by.size())) {
    usage.group.emplace_back(value);
  }
  if (row[keys].has_value()) {
    auto number = Number(*row[keys]);
    if (!number.ok()) return number.status();
    usage.value = *number;
  }
  auto events = Integer(row[keys + 1]);
  if (!events.ok()) return events.status();
  usage.events = *events;
  return usage;
}

}  // namespace bxb::read
