#include "write/batch_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

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

BatchQueue::BatchQueue(Limits limits) : limits_(limits) { stats_.memory_limit = limits.memory_bytes; }

absl::StatusOr<Ticket> BatchQueue::Append(const internal::EncodedRow& row, absl::Duration timeout,
                                          internal::Callback callback) {
  Clock::time_point now = Clock::now();
  Lock lock(mutex_);
  if (open_ == nullptr || !open_->Fits(row)) {
    if (!MakeRoom(lock, row, pq::After(timeout))) {
      ++stats_.refused;
      if (closed_) return absl::FailedPreconditionError("the writer is closed");
      return absl::ResourceExhaustedError(fmt::format(
          "no memory became free within {}: the batches on their way fill WriterOptions::memory_bytes ({} bytes)",
          absl::FormatDuration(timeout), limits_.memory_bytes));
    }
    now = Clock::now();
  }
  const std::uint32_t number = open_->Add(row, std::move(callback), now);
  ++stats_.accepted;
  Ticket ticket(open_->result(), number);
  const bool untimed = number == 0 && timing_lanes_ == 0;
  const bool due = open_->Full() || open_->rows() == worthwhile_rows_ || untimed;
  if (open_->Full()) SealOpen();
  if (due) WakeLane();
  return ticket;
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
  } else if (allocated_ < limits_.batches) {
    open_ = std::make_unique<Batch>(limits_.batch);
    ++allocated_;
  } else {
    return false;
  }
  open_->Reset(++last_number_);
  return true;
}

void BatchQueue::SealOpen() {
  if (open_ == nullptr || open_->rows() == 0) return;
  unresolved_.emplace(open_->number(), open_->rows());
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
  if (open_ == nullptr && unresolved_.empty()) return work_.wait(lock);
  // The open batch may stay below the worthwhile size, of which nobody tells: somebody must watch the clock.
  ++timing_lanes_;
  work_.wait_until(lock, open_ != nullptr ? OpenDue() : Clock::now() + kLongestHold);
  --timing_lanes_;
}

// When a free lane takes the open batch, if no more rows come.
Clock::time_point BatchQueue::OpenDue() const {
  if (open_ == nullptr) return Clock::time_point::max();
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

void BatchQueue::Resolve(std::unique_ptr<Batch> batch, const BatchOutcome& outcome, Effort effort) {
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
  const auto duplicates = static_cast<std::uint64_t>(std::ranges::count(outcome.duplicate, true));
  const std::uint64_t others = batch.rows() - duplicates;
  const Lock lock(mutex_);
  unresolved_[batch.number()] = 0;
  for (const auto& [bucket, count] : runs) latency_.Add(bucket, count);
  ++stats_.batches;
  stats_.merges += effort.merged ? 1 : 0;
  stats_.retries += effort.retries;
  stats_.reconnects += effort.reconnects;
  stats_.bytes_sent += batch.bytes();
  stats_.duplicates += duplicates;
  totals_.duplicates += duplicates;
  const auto add = [others](std::uint64_t& total, std::uint64_t& since) { total += others, since += others; };
  switch (outcome.common.kind) {
    case Outcome::Kind::kInserted:
      add(stats_.inserted, totals_.inserted);
      break;
    case Outcome::Kind::kDuplicate:
      add(stats_.duplicates, totals_.duplicates);
      break;
    case Outcome::Kind::kRejected:
      add(stats_.rejected, totals_.rejected);
      break;
    case Outcome::Kind::kUnknown:
      add(stats_.unknown, totals_.unknown);
      break;
  }
  totals_.lsn = std::max(totals_.lsn, outcome.common.lsn);
  if (!outcome.common.status.ok()) totals_.last_error = outcome.common.status;
}

FlushReport BatchQueue::Flush(pq::Deadline deadline) {
  Lock lock(mutex_);
  const FlushReport before = reported_;
  const std::uint64_t last = flush_through_ = last_number_;
  WakeLane();
  const auto all_resolved = [&] {
    const bool sealed = open_ == nullptr || open_->number() > last;
    return sealed && (unresolved_.empty() || unresolved_.begin()->first > last);
  };
  resolved_.wait_until(lock, deadline, all_resolved);
  FlushReport report = ReportSince(before);
  for (const auto& [number, rows] : unresolved_) report.unresolved += number <= last ? rows : 0;
  if (open_ != nullptr && open_->number() <= last) report.unresolved += open_->rows();
  return report;
}

FlushReport BatchQueue::Report() {
  const Lock lock(mutex_);
  return ReportSince(reported_);
}

FlushReport BatchQueue::ReportSince(const FlushReport& before) {
  FlushReport report = {.inserted = totals_.inserted - before.inserted,
                        .duplicates = totals_.duplicates - before.duplicates,
                        .rejected = totals_.rejected - before.rejected,
                        .unknown = totals_.unknown - before.unknown,
                        .lsn = totals_.lsn};
  if (report.rejected + report.unknown > 0) report.last_error = totals_.last_error;
  reported_ = totals_;
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
    Resolve(std::move(batch), {.common = {.kind = Outcome::Kind::kUnknown, .status = reason}, .duplicate = {}}, {});
  }
}

WriterStats BatchQueue::stats() const {
  const Lock lock(mutex_);
  WriterStats stats = stats_;
  stats.pending = stats.accepted - stats.inserted - stats.duplicates - stats.rejected - stats.unknown;
  stats.memory_bytes = allocated_ * Batch::Footprint(limits_.batch);
  stats.ack_latency = latency_.Summary();
  return stats;
}

}  // namespace bxb::write
