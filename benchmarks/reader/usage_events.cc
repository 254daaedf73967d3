#include "reader/usage_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <string_view>

#include "support/session.h"
#include "support/writing.h"

namespace bxb::bench::reader {
namespace {

constexpr std::size_t kPool = 20'000;
constexpr std::array<std::string_view, UsageEvents::kCodes> kCodeNames = {"api_calls", "storage_gb", "flights",
                                                                          "messages", "seats"};

// A number that looks random, and is the same for the same `n` every time.
std::uint64_t Mix(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

// Draws from one number: each takes its share of it.
std::size_t Draw(std::uint64_t& number, std::size_t choices) {
  const std::size_t drawn = number % choices;
  number /= choices;
  return drawn;
}

absl::Time InParis(absl::CivilDay day) {
  absl::TimeZone paris;
  if (!absl::LoadTimeZone("Europe/Paris", &paris)) Die("this host does not know the time zone Europe/Paris");
  return absl::FromCivil(day, paris);
}

}  // namespace

UsageEvents::UsageEvents(std::int64_t rows) : step_((Month().to - Month().from) / rows), pool_(kPool) {
  for (std::size_t i = 0; i < kOrganizations; ++i) {
    Uuid& organization = organizations_.emplace_back();
    organization.bytes.fill(static_cast<std::uint8_t>(i + 1));
    for (std::size_t j = 0; j < kCustomers; ++j) customers_.push_back(fmt::format("org_{:02}_cust_{:04}", i, j));
  }
}

std::string UsageEvents::code(std::size_t number) { return std::string(kCodeNames[number]); }

TimeRange UsageEvents::Month() {
  return {.from = InParis(absl::CivilDay(2025, 3, 1)), .to = InParis(absl::CivilDay(2025, 4, 1))};
}

Event UsageEvents::Make(std::uint64_t row, std::string& id) const {
  static const absl::Time start = Month().from;
  std::uint64_t number = Mix(row);
  const std::size_t organization = Draw(number, kOrganizations);
  id.clear();
  fmt::format_to(std::back_inserter(id), "txn_{:012}", row);
  Event event = pool_.All()[Draw(number, kPool)];
  event.organization_id = organizations_[organization];
  event.transaction_id = id;
  event.external_customer_id = customer(organization, Draw(number, kCustomers));
  event.code = kCodeNames[Draw(number, kCodes)];
  event.timestamp = start + step_ * static_cast<std::int64_t>(row);
  event.value = static_cast<double>(number % 100'000) / 100;
  return event;
}

void Fill(EventWriter& writer, const UsageEvents& events, std::uint64_t rows, const std::string& name) {
  const std::uint64_t tenth = std::max<std::uint64_t>(1, rows / 10);
  const absl::Time start = absl::Now();
  std::string id;
  for (std::uint64_t row = 0; row < rows; ++row) {
    const Event event = events.Make(row, id);
    WriteAll(writer, {&event, 1});
    if ((row + 1) % tenth != 0) continue;
    std::cerr << fmt::format("{}: {:>10} of {} events, {:.0f} s\n", name, row + 1, rows,
                             absl::ToDoubleSeconds(absl::Now() - start));
  }
  FlushAll(writer);
}

}  // namespace bxb::bench::reader
