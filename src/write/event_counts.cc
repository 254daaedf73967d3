#include "write/event_counts.h"

namespace bxb::write {
namespace {

void Add(EventCounts& counts, Outcome::Kind kind, std::uint64_t events) {
  switch (kind) {
    case Outcome::Kind::kInserted:
      counts.inserted += events;
      break;
    case Outcome::Kind::kDuplicate:
      counts.duplicates += events;
      break;
    case Outcome::Kind::kRejected:
      counts.rejected += events;
      break;
    case Outcome::Kind::kUnknown:
      counts.unknown += events;
      break;
  }
}

std::uint64_t CountDuplicates(const BatchOutcome& outcome) {
  std::uint64_t duplicates = 0;
  for (const Fate fate : outcome.fates) duplicates += fate != Fate::kCommon && fate != Fate::kFailed ? 1 : 0;
  return duplicates;
}

}  // namespace

EventCounts CountEvents(const Batch& batch, const BatchOutcome& outcome) {
  EventCounts counts;
  counts.duplicates = CountDuplicates(outcome);
  for (const auto& failure : outcome.failures) Add(counts, failure.kind, 1);
  Add(counts, outcome.common.kind, batch.rows() - counts.duplicates - outcome.failures.size());
  for (const auto& joined : batch.joined()) Add(counts, OutcomeOfRepeat(outcome.Of(joined.row)).kind, 1);
  if (!outcome.failures.empty()) counts.last_error = outcome.failures.back().status;
  if (!outcome.common.status.ok()) counts.last_error = outcome.common.status;
  return counts;
}

}  // namespace bxb::write
