#include "write/batch_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "write/acknowledgement.h"

namespace bxb::write {
namespace {

// A commit that is stuck must not hold up the other lanes for longer.
constexpr std::chrono::milliseconds kLongestHold{10};

// Rows come in the order of their times, so neighbours share a bucket and few additions are left to make
// under the lock.
std::vector<std::pair<std::size_t, std::uint64_t>> LatencyRuns(const Batch& batch) {
  const auto now = Clock::now();
  std::vector<std::pair<std::size_t, std::uint64_t>> runs;
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    const std::size_t bucket = LatencyHistogram::BucketOf((now - batch.accepted_at(row)) / std::chrono::nanoseconds(1));
    if (runs.empty() || runs.back().first != bucket) runs.emplace_back(bucket, 0);
    ++runs.back().second;
  }
  return runs;
}

}  // namespace

BatchQueue::BatchQueue(Limits limits) : limits_(limits), claims_(limits.dedup_cache_bytes) {
  stats_.memory_limit = limits.memory_bytes;
}

absl::StatusOr<Ticket> BatchQueue::Append(const internal::EncodedRow& row, const KeyHash& key, absl::Duration timeout,
                                          internal::Callback callback) {
  const Fingerprint print = claims_.Of(row, key);
  auto duplicate = closed_ ? std::nullopt : claims_.FindDuplicate(print);
  if (duplicate) return Settled(*std::move(duplicate), std::move(callback));
  Clock::time_point now = Clock::now();
  Lock lock(mutex_);
  if (open_ == nullptr || !open_->Fits(row)) {
    if (!MakeRoom(lock, row, pq::After(timeout))) return NotTaken(timeout);
    now = Clock::now();
  }
  if (closed_) return NotTaken(timeout);
  const auto claimed = claims_.Claim(print, open_->Location(static_cast<std::uint32_t>(open_->rows())));
  if (claimed.state == DedupCache::State::kCommitted) {
    lock.unlock();
    return Settled(claims_.Duplicate(print, claimed.value), std::move(callback));
  }
  if (auto joined = Join(claimed, print, callback, now)) return *std::move(joined);
  return Add(row, print, std::move(callback), now);
}

Ticket BatchQueue::Settled(Ticket duplicate, internal::Callback callback) {
  if (callback) std::move(callback)(*duplicate.TryGet());
  return duplicate;
}

// Only an event of equal content shares the fate of the first: another one may be good where that one is bad.
std::optional<Ticket> BatchQueue::Join(const DedupCache::Claimed& claimed, const Fingerprint& print,
                                       internal::Callback& callback, Clock::time_point now) {
  if (claimed.state != DedupCache::State::kPending) return std::nullopt;
  Batch& first = *by_slot_[claimed.value / Batch::kMostRows];
  const auto row = static_cast<std::uint32_t>(claimed.value % Batch::kMostRows);
  if (first.Print(row).payload != print.payload || !first.Join(row, callback, now)) return std::nullopt;
  ++stats_.accepted;
  ++stats_.joined;
  if (const auto waiting = unresolved_.find(first.number()); waiting != unresolved_.end()) ++waiting->second;
  return Ticket(first.result(), row, Ticket::Share::kJoined);
}

Ticket BatchQueue::Add(const internal::EncodedRow& row, const Fingerprint& print, internal::Callback callback,
                       Clock::time_point now) {
  const std::uint32_t number = open_->Add(row, print, std::move(callback), now);
  ++stats_.accepted;
  Ticket ticket(open_->result(), number, Ticket::Share::kOwn);
  const bool untimed = number == 0 && timing_lanes_ == 0;
  const bool due = open_->Full() || open_->rows() == worthwhile_rows_ || untimed;
  if (open_->Full()) SealOpen();
  if (due) WakeLane();
  return ticket;
}

absl::Status BatchQueue::NotTaken(absl::Duration timeout) {
  ++stats_.refused;
  if (closed_) return absl::FailedPreconditionError("the writer is closed");
  return absl::ResourceExhaustedError(fmt::format(
      "no memory became free within {}: the batches on their way fill WriterOptions::memory_bytes ({} bytes)",
      absl::FormatDuration(timeout), limits_.memory_bytes));
}

// Returns with an open batch that the row fits into, or false: closed, or no memory before the deadline.
bool BatchQueue::MakeRoom(Lock& lock, const internal::EncodedRow& row, pq::Deadline deadline) {
  std::optional<Clock::time_point> blocked_since;
  bool in_time = deadline > Clock::now();
  while (true) {
    if (closed_) break;
    if (open_ != nullptr && !open_->Fits(row)) {
      SealOpen();
      WakeLane();
    }
    if (open_ != nullptr || OpenBatch()) break;
    if (!in_time) break;
    if (!blocked_since) {
      blocked_since = Clock::now();
      ++stats_.blocked_writes;
    }
    in_time = room_.wait_until(lock, deadline) == std::cv_status::no_timeout;
  }
  if (blocked_since) stats_.blocked_time += absl::FromChrono(Clock::now() - *blocked_since);
  return !closed_ && open_ != nullptr;
}

bool BatchQueue::OpenBatch() {
  if (!free_.empty()) {
    open_ = std::move(free_.back());
    free_.pop_back();
  } else if (by_slot_.size() < limits_.batches) {
    open_ = std::make_unique<Batch>(limits_.batch, static_cast<std::uint32_t>(by_slot_.size()));
    by_slot_.push_back(open_.get());
  } else {
    return false;
  }
  open_->Reset(++last_number_);
  return true;
}

void BatchQueue::SealOpen() {
  if (!HasOpenRows()) return;
  unresolved_.emplace(open_->number(), open_->events());
  sealed_.push_back(std::move(open_));
}

// A lane that is busy looks for more by itself: waking it would be a system call for nothing.
void BatchQueue::WakeLane() {
  if (idle_lanes_ > 0) work_.notify_one();
}

void BatchQueue::CountRefusal() {
  const Lock lock(mutex_);
  ++stats_.refused;
}

std::unique_ptr<Batch> BatchQueue::Take() {
  Lock lock(mutex_);
  while (!stopped_) {
    if (sealed_.empty() && Clock::now() >= OpenDue()) SealOpen();
    worthwhile_rows_ = WorthwhileRows();
    if (!sealed_.empty()) {
      auto batch = std::move(sealed_.front());
      sealed_.pop_front();
      return batch;
    }
    ++idle_lanes_;
    AwaitWork(lock);
    --idle_lanes_;
  }
  return nullptr;
}

void BatchQueue::AwaitWork(Lock& lock) {
  if (!HasOpenRows() && unresolved_.empty()) return work_.wait(lock);
  // The open batch may stay below the worthwhile size, of which nobody tells: somebody must watch the clock.
  ++timing_lanes_;
  work_.wait_until(lock, HasOpenRows() ? OpenDue() : Clock::now() + kLongestHold);
  --timing_lanes_;
}

// When a free lane takes the open batch, if no more rows come.
Clock::time_point BatchQueue::OpenDue() const {
  if (!HasOpenRows()) return Clock::time_point::max();
  if (open_->number() <= flush_through_) return Clock::time_point::min();
  const auto due = open_->accepted_at(0) + limits_.linger;
  return open_->rows() >= WorthwhileRows() ? due : due + kLongestHold;
}

// Without this rule, the lane that has just told a thousand waiters takes the first row that one of them
// writes next, and a thousand others wait for the other lane: tiny and huge batches in turn.
std::size_t BatchQueue::WorthwhileRows() const {
  std::size_t largest = 0;
  for (const auto& [number, rows] : unresolved_) largest = std::max<std::size_t>(largest, rows);
  return std::max<std::size_t>(1, largest / 2);
}

void BatchQueue::Resolve(std::unique_ptr<Batch> batch, BatchOutcome outcome, Effort effort) {
  // First of all: from now on nobody joins this batch.
  claims_.Settle(*batch, outcome);
  Count(*batch, outcome, effort);
  batch->Resolve(outcome);
  {
    const Lock lock(mutex_);
    unresolved_.erase(batch->number());
    free_.push_back(std::move(batch));
  }
  room_.notify_all();
  resolved_.notify_all();
}

void BatchQueue::Count(const Batch& batch, const BatchOutcome& outcome, const Effort& effort) {
  const auto runs = LatencyRuns(batch);
  const Lock lock(mutex_);
  const EventCounts counts = CountEvents(batch, outcome);
  unresolved_[batch.number()] = 0;
  for (const auto& [bucket, count] : runs) latency_.Add(bucket, count);
  ++stats_.batches;
  stats_.lookups += effort.looked_up ? 1 : 0;
  stats_.merges += effort.merged ? 1 : 0;
  stats_.conflicts += effort.conflicts;
  stats_.isolations += effort.isolated ? 1 : 0;
  stats_.retries += effort.attempts > 1 ? effort.attempts - 1 : 0;
  stats_.reconnects += effort.reconnects;
  stats_.bytes_sent += batch.bytes();
  totals_.inserted += counts.inserted;
  totals_.duplicates += counts.duplicates;
  totals_.rejected += counts.rejected;
  totals_.unknown += counts.unknown;
  RaiseToken(totals_, outcome.common.token());
  if (!counts.last_error.ok()) totals_.last_error = counts.last_error;
}

FlushReport BatchQueue::Flush(pq::Deadline deadline) {
  Lock lock(mutex_);
  const FlushReport before = reported_;
  const std::uint64_t last = flush_through_ = last_number_;
  WakeLane();
  const auto all_resolved = [&] {
    const bool sealed = !HasOpenRows() || open_->number() > last;
    return sealed && (unresolved_.empty() || unresolved_.begin()->first > last);
  };
  resolved_.wait_until(lock, deadline, all_resolved);
  FlushReport report = ReportSince(before);
  for (const auto& [number, rows] : unresolved_) report.unresolved += number <= last ? rows : 0;
  if (HasOpenRows() && open_->number() <= last) report.unresolved += open_->events();
  return report;
}

FlushReport BatchQueue::Report() {
  const Lock lock(mutex_);
  return ReportSince(reported_);
}

FlushReport BatchQueue::TotalsNow() const {
  FlushReport totals = totals_;
  totals.duplicates += claims_.hits();
  return totals;
}

FlushReport BatchQueue::ReportSince(const FlushReport& before) {
  const FlushReport now = TotalsNow();
  FlushReport report = {.inserted = now.inserted - before.inserted,
                        .duplicates = now.duplicates - before.duplicates,
                        .rejected = now.rejected - before.rejected,
                        .unknown = now.unknown - before.unknown,
                        .lsn = now.lsn,
                        .timeline = now.timeline};
  if (report.rejected + report.unknown > 0) report.last_error = now.last_error;
  reported_ = now;
  return report;
}

void BatchQueue::CloseForWriting() {
  const Lock lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

void BatchQueue::Stop(const absl::Status& reason) {
  std::deque<std::unique_ptr<Batch>> abandoned;
  {
    const Lock lock(mutex_);
    closed_ = stopped_ = true;
    SealOpen();
    abandoned.swap(sealed_);
  }
  work_.notify_all();
  room_.notify_all();
  for (auto& batch : abandoned) {
    Resolve(std::move(batch), {.common = {.kind = Outcome::Kind::kUnknown, .status = reason}}, {});
  }
}

WriterStats BatchQueue::stats() const {
  const Lock lock(mutex_);
  WriterStats stats = stats_;
  const FlushReport totals = TotalsNow();
  stats.cache_hits = totals.duplicates - totals_.duplicates;
  stats.accepted += stats.cache_hits;
  stats.inserted = totals.inserted;
  stats.duplicates = totals.duplicates;
  stats.rejected = totals.rejected;
  stats.unknown = totals.unknown;
  stats.pending = stats.accepted - stats.inserted - stats.duplicates - stats.rejected - stats.unknown;
  stats.memory_bytes = by_slot_.size() * Batch::Footprint(limits_.batch);
  stats.cache_keys = claims_.keys();
  stats.cache_bytes = claims_.bytes();
  stats.ack_latency = latency_.Summary();
  return stats;
}

}  // namespace bxb::write
