#include "support/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "support/progress.h"

namespace examples {
namespace {

constexpr bxb::Uuid kOrganization = {{0x5e, 0xed, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}};

/// Events by a formula. The texts of one hold until the next.
class Generator {
 public:
  bxb::Event Make(std::uint64_t i) {
    return {.organization_id = kOrganization,
            .transaction_id = Print(transaction_, "generated_{:012}", i),
            .external_customer_id = Print(customer_, "customer_{:04}", i % 1000),
            .code = "api_calls",
            .timestamp = absl::FromUnixMillis(1'735'689'600'000 + static_cast<std::int64_t>(i)),
            .properties = R"({"region":"eu","status":200})",
            .value = static_cast<double>(i % 100)};
  }

 private:
  static std::string_view Print(std::span<char> space, fmt::format_string<std::uint64_t&> format, std::uint64_t i) {
    const auto printed = fmt::format_to_n(space.data(), space.size(), format, i);
    return {space.data(), std::min(printed.size, space.size())};
  }

  char transaction_[32];
  char customer_[32];
};

/// The tickets of the events that are on their way, oldest first in a ring.
class Window {
 public:
  explicit Window(std::size_t size) { tickets_.reserve(size); }

  /// Puts a ticket in; where the ring is full, waits for the oldest first. That one's outcome, or kInserted.
  bxb::Outcome Push(bxb::Ticket ticket) {
    if (tickets_.size() < tickets_.capacity()) {
      tickets_.push_back(std::move(ticket));
      return {.kind = bxb::Outcome::Kind::kInserted};
    }
    bxb::Outcome outcome = tickets_[oldest_].Wait(absl::Minutes(5));
    tickets_[oldest_] = std::move(ticket);
    oldest_ = (oldest_ + 1) % tickets_.size();
    return outcome;
  }

 private:
  std::vector<bxb::Ticket> tickets_;
  std::size_t oldest_ = 0;
};

}  // namespace

absl::StatusOr<Measurement> Measure(const bxb::WriterOptions& options, std::uint64_t count) {
  auto writer = bxb::EventWriter::Open(options);
  if (!writer.ok()) return writer.status();
  Generator generator;
  Window window(kOutstanding);
  Progress progress;
  Measurement result;
  const absl::Time start = absl::Now();
  for (std::uint64_t i = 0; i + 1 < count; ++i) {
    auto ticket = (*writer)->Write(generator.Make(i));
    if (!ticket.ok()) return ticket.status();
    const bxb::Outcome outcome = window.Push(*std::move(ticket));
    if (!outcome.stored()) return outcome.status;
    progress.Tick(**writer);
  }
  result.last = (*writer)->WriteDurable(generator.Make(count - 1));
  const bxb::FlushReport report = (*writer)->Close(absl::Minutes(5));
  result.elapsed = absl::Now() - start;
  if (!report.last_error.ok()) return report.last_error;
  if (!report.all_stored()) return absl::DeadlineExceededError("some events are still without an outcome");
  result.stats = (*writer)->stats();
  result.stored = report.inserted + report.duplicates;
  return result;
}

}  // namespace examples
