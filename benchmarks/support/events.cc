#include "support/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <tuple>

#include "bxb/pg_type.h"

namespace bxb::bench {
namespace {

constexpr std::size_t kOrganizations = 200;
constexpr std::size_t kCustomers = 20'000;
constexpr std::size_t kProperties = 4'096;
constexpr std::array<std::string_view, 4> kCodes = {"api_calls", "storage_gb", "flights", "messages"};
constexpr std::array<std::string_view, 4> kRegions = {"eu-west-1", "us-east-1", "ap-south-2", "sa-east-1"};

std::vector<Uuid> RandomUuids(std::size_t count) {
  std::mt19937 random(42);  // NOLINT(bugprone-random-generator-seed): every run sees the same events
  std::vector<Uuid> uuids(count);
  for (Uuid& uuid : uuids) std::ranges::generate(uuid.bytes, [&] { return static_cast<std::uint8_t>(random()); });
  return uuids;
}

template <typename Make>
std::vector<std::string> Strings(std::size_t count, Make make) {
  std::vector<std::string> strings;
  strings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) strings.push_back(make(i));
  return strings;
}

}  // namespace

Events::Events(std::size_t count)
    : transactions_(Strings(count, [](std::size_t i) { return fmt::format("txn_{:012}", i); })),
      customers_(Strings(kCustomers, [](std::size_t i) { return fmt::format("cust_{:06}", i); })),
      properties_(Strings(kProperties, [](std::size_t i) {
        return fmt::format(R"({{"region":"{}","status":{},"path":"/v1/items/{}","ms":{}}})", kRegions[i % 4],
                           i % 7 == 0 ? 404 : 200, i, i % 97);
      })) {
  const std::vector<Uuid> organizations = RandomUuids(kOrganizations);
  const absl::Time start = absl::Now() - absl::Hours(1);
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed)
  events_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    events_.push_back({.organization_id = organizations[random() % kOrganizations],
                       .transaction_id = transactions_[i],
                       .external_customer_id = customers_[random() % kCustomers],
                       .code = kCodes[random() % kCodes.size()],
                       .timestamp = start + absl::Milliseconds(i),
                       .properties = properties_[random() % kProperties],
                       .value = static_cast<double>(i % 1000),
                       .decimal_value = Decimal::Of(static_cast<int>(random() % 1'000'000), 2).value()});
  }
}

RowCodec<Event> EventCodec() {
  constexpr std::array kTypes = {PgType::kUuid, PgType::kText,  PgType::kTimestamptz, PgType::kText,
                                 PgType::kText, PgType::kJsonb, PgType::kFloat8,      PgType::kNumeric};
  return RowCodec<Event>::For(kTypes).value();
}

EncodedEvents::EncodedEvents(std::span<const Event> events, std::size_t sorted_runs_of) {
  const RowCodec<Event> codec = EventCodec();
  const auto key = [](const Event* event) { return std::tie(event->organization_id, event->transaction_id); };
  for (std::size_t begin = 0; begin < events.size(); begin += sorted_runs_of) {
    std::vector<const Event*> run;
    for (const Event& event : events.subspan(begin, std::min(sorted_runs_of, events.size() - begin))) {
      run.push_back(&event);
    }
    std::ranges::sort(run, {}, key);
    for (const Event* event : run) {
      codec.Encode(*event, bytes_);
      ends_.push_back(bytes_.size());
    }
  }
}

std::string_view EncodedEvents::Tuples(std::size_t begin, std::size_t end) const {
  const std::size_t from = begin == 0 ? 0 : ends_[begin - 1];
  return std::string_view(bytes_).substr(from, ends_[std::min(end, ends_.size()) - 1] - from);
}

}  // namespace bxb::bench
