#include "report/columnar/usage_month.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "partitions/generator.h"

namespace bxb::bench::report {
namespace {

using partitions::Mix;

constexpr std::array<std::string_view, 4> kRegions = {"eu-west-1", "us-east-1", "ap-south-2", "sa-east-1"};

std::string RandomUuid(std::uint64_t row) {
  Uuid uuid;
  const std::array halves = {Mix(2 * row), Mix(2 * row + 1)};
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(halves[i / 8] >> (8 * (i % 8)));
  }
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);  // version 4
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid.ToString();
}

std::string Properties(std::uint64_t random) {
  return fmt::format(R"({{"region":"{}","status":{},"path":"/v1/items/{}","ms":{}}})", kRegions[random % 4],
                     (random >> 2) % 7 == 0 ? 404 : 200, (random >> 16) % 4'096, (random >> 32) % 100);
}

// The events [begin, end).
struct Batch {
  Batch(const reader::UsageEvents& usage, std::uint64_t begin, std::uint64_t end);

  std::vector<std::string> ids;
  std::vector<std::string> properties;
  std::vector<Event> events;
};

Batch::Batch(const reader::UsageEvents& usage, std::uint64_t begin, std::uint64_t end)
    : ids(end - begin), properties(end - begin) {
  events.reserve(end - begin);
  for (std::uint64_t row = begin; row < end; ++row) {
    const std::size_t i = row - begin;
    const std::uint64_t random = Mix(~row);
    Event event = usage.Make(row, ids[i]);
    event.transaction_id = ids[i] = RandomUuid(row);
    event.properties = properties[i] = Properties(random);
    event.decimal_value = Decimal::Of(static_cast<int>((random >> 40) % 1'000'000), 2).value();
    events.push_back(event);
  }
}

}  // namespace

UsageMonth::UsageMonth(std::size_t rows) : rows_(rows), usage_(static_cast<std::int64_t>(rows)) {}

void UsageMonth::ForEachBatch(const std::function<void(std::span<const Event>)>& take) const {
  for (std::size_t begin = 0; begin < rows_; begin += kBatchRows) {
    take(Batch(usage_, begin, std::min(begin + kBatchRows, rows_)).events);
  }
}

}  // namespace bxb::bench::report
