#include <fmt/chrono.h>
#include <fmt/format.h>

#include <string>

#include "bxb/flush_report.h"
#include "bxb/outcome.h"
#include "bxb/writer_stats.h"
#include "wire/status_text.h"

namespace bxb {
namespace {

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string Milliseconds(absl::Duration duration) {
  return fmt::format("{:.1f} ms", absl::ToDoubleMilliseconds(duration));
}

}  // namespace

std::string_view Name(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kInserted:
      return "inserted";
    case Outcome::Kind::kDuplicate:
      return "duplicate";
    case Outcome::Kind::kRejected:
      return "rejected";
    case Outcome::Kind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view Name(Durability durability) {
  switch (durability) {
    case Durability::kNone:
      return "not on disk yet";
    case Durability::kLocalFsync:
      return "on the primary's disk";
    case Durability::kRemoteWrite:
      return "on the primary's disk and received by the synchronous standbys";
    case Durability::kRemoteFlush:
      return "on the disks of the primary and the synchronous standbys";
    case Durability::kRemoteApply:
      return "on the disks of the primary and the synchronous standbys, and visible there";
  }
  return "not on disk yet";
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << Name(outcome.kind);
  if (outcome.payload_differed == true) out << " (of an event with other content)";
  if (outcome.stored()) return out << ", " << Name(outcome.durability) << ", lsn " << outcome.lsn;
  return out << ": " << wire::Text(outcome.status);
}

std::ostream& operator<<(std::ostream& out, const FlushReport& report) {
  out << Grouped(report.inserted) << " inserted, " << Grouped(report.duplicates) << " duplicates, "
      << Grouped(report.rejected) << " rejected, " << Grouped(report.unknown) << " unknown, "
      << Grouped(report.unresolved) << " unresolved, lsn " << report.lsn;
  if (!report.last_error.ok()) out << "; last error: " << wire::Text(report.last_error);
  return out;
}

std::ostream& operator<<(std::ostream& out, const WriterStats& stats) {
  return out << Grouped(stats.accepted) << " accepted, " << Grouped(stats.inserted) << " inserted, "
             << Grouped(stats.duplicates) << " duplicates, " << Grouped(stats.rejected) << " rejected, "
             << Grouped(stats.unknown) << " unknown, " << Grouped(stats.pending) << " pending; "
             << Grouped(stats.batches) << " batches (" << Grouped(stats.merges) << " merged, "
             << Grouped(stats.isolations) << " taken apart, " << Grouped(stats.retries) << " retries); "
             << Grouped(stats.cache_hits) << " duplicates from the cache; ack p50 "
             << Milliseconds(stats.ack_latency.p50) << ", p99 " << Milliseconds(stats.ack_latency.p99) << "; memory "
             << Grouped(stats.memory_bytes >> 20) << " of " << Grouped(stats.memory_limit >> 20) << " MiB";
}

}  // namespace bxb
