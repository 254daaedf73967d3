#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/partitions.h"
#include "bxb/writer.h"
#include "support/events.h"

namespace bxb::bench::reader {

/// Any number of usage events, each made from its row number alone: the same row is the same event in every run. Their
/// times rise through one month; organizations, their customers and codes are drawn evenly. Thread-safe.
class UsageEvents {
 public:
  static constexpr std::size_t kOrganizations = 20;
  static constexpr std::size_t kCustomers = 500;  ///< of each organization
  static constexpr std::size_t kCodes = 5;

  /// `rows` fill the month; there can be more, which go on at the same pace.
  explicit UsageEvents(std::int64_t rows);

  /// `id` holds the event's transaction id, and must live as long.
  Event Make(std::uint64_t row, std::string& id) const;

  const Uuid& organization(std::size_t number) const { return organizations_[number]; }
  const std::string& customer(std::size_t organization, std::size_t number) const {
    return customers_[organization * kCustomers + number];
  }
  static std::string code(std::size_t number);

  /// March 2025 in Paris, where one of its days has 23 hours.
  static TimeRange Month();

 private:
  absl::Duration step_;
  Events pool_;
  std::vector<Uuid> organizations_;
  std::vector<std::string> customers_;
};

/// Writes the first `rows` events, with progress on stderr, and waits until they are stored.
void Fill(EventWriter& writer, const UsageEvents& events, std::uint64_t rows, const std::string& name);

}  // namespace bxb::bench::reader
