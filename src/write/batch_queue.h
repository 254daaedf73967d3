#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/flush_report.h"
#include "bxb/ticket.h"
#include "bxb/writer_stats.h"
#include "pq/deadline.h"
#include "write/batch.h"
#include "write/claims.h"
#include "write/event_counts.h"
#include "write/latency_histogram.h"

namespace bxb::write {

/// Where writers and lanes meet: one open batch that writers fill, sealed ones that wait for a lane, and
/// empty ones to use again. It owns the bound on memory and the writer's counters. Thread-safe.
///
/// A batch is sealed when it is full or when a lane that is free takes it: at once without linger or when a
/// flush waits for it, else when its first row has waited that long. So while all lanes are busy the open
/// batch grows, and batches are as large as the load makes them (group commit). A free lane leaves the open
/// batch alone while it is less than half as large as one on the wire, for at most 10 ms.
class BatchQueue {
 public:
  struct Limits {
    Batch::Limits batch;
    std::size_t memory_bytes;  ///< of all batches together
    std::size_t batches;       ///< how many of them that is
    std::chrono::nanoseconds linger;
    std::size_t dedup_cache_bytes;
  };

  /// What a lane did for one batch besides its outcome.
  struct Effort {
    std::uint64_t attempts = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t conflicts = 0;
    bool looked_up = false;
    bool merged = false;
    bool isolated = false;
  };

  explicit BatchQueue(Limits limits);

  /// Copies the row into the open batch, waiting for memory until `timeout` has passed, unless it is known to be in
  /// the table or to be on its way already. ResourceExhausted when it has, FailedPrecondition once the queue is closed.
  absl::StatusOr<Ticket> Append(const internal::EncodedRow& row, const KeyHash& key, absl::Duration timeout,
                                internal::Callback callback);

  void CountRefusal();

  /// Blocks until a batch is due and hands it to the calling lane; nullptr once the queue is stopped.
  std::unique_ptr<Batch> Take();

  /// Counts the batch's outcome, tells its tickets and callbacks, and keeps its memory for the next.
  void Resolve(std::unique_ptr<Batch> batch, BatchOutcome outcome, Effort effort);

  /// Makes the open batch due, waits until every batch there is by now is resolved, and reports.
  FlushReport Flush(pq::Deadline deadline);

  /// No more rows are taken.
  void CloseForWriting();

  /// Lanes get nothing more. The batches that no lane has taken become kUnknown with `reason`.
  void Stop(const absl::Status& reason);

  /// What has become known since the last report.
  FlushReport Report();

  WriterStats stats() const;

  Claims& claims() { return claims_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  static Ticket Settled(Ticket duplicate, internal::Callback callback);
  std::optional<Ticket> Join(const DedupCache::Claimed& claimed, const Fingerprint& print, internal::Callback& callback,
                             Clock::time_point now);
  Ticket Add(const internal::EncodedRow& row, const Fingerprint& print, internal::Callback callback,
             Clock::time_point now);
  absl::Status NotTaken(absl::Duration timeout);
  bool MakeRoom(Lock& lock, const internal::EncodedRow& row, pq::Deadline deadline);
  bool OpenBatch();
  bool HasOpenRows() const { return open_ != nullptr && open_->rows() > 0; }
  void SealOpen();
  void WakeLane();
  void AwaitWork(Lock& lock);
  Clock::time_point OpenDue() const;
  std::size_t WorthwhileRows() const;
  void Count(const Batch& batch, const BatchOutcome& outcome, const Effort& effort);
  FlushReport TotalsNow() const;
  FlushReport ReportSince(const FlushReport& before);

  const Limits limits_;
  Claims claims_;

  mutable std::mutex mutex_;
  std::condition_variable work_;      ///< for lanes: a batch is due
  std::condition_variable room_;      ///< for writers: a batch came back
  std::condition_variable resolved_;  ///< for flushes

  std::unique_ptr<Batch> open_;  ///< empty only while what it was opened for turned out to repeat another event
  std::deque<std::unique_ptr<Batch>> sealed_;
  std::vector<std::unique_ptr<Batch>> free_;
  std::vector<Batch*> by_slot_;  ///< all batches there are
  /// Batch number -> events without an outcome, of all sealed or taken ones. A batch stays here, with none, until
  /// its callbacks have returned.
  std::map<std::uint64_t, std::uint64_t> unresolved_;
  std::uint64_t last_number_ = 0;
  std::uint64_t flush_through_ = 0;  ///< up to this number the open batch is due at once
  int idle_lanes_ = 0;
  int timing_lanes_ = 0;             ///< those of them that wake by themselves when the open batch is due
  std::size_t worthwhile_rows_ = 1;  ///< WorthwhileRows() when a lane last looked; reaching it wakes a lane
  std::atomic<bool> closed_ = false;
  bool stopped_ = false;

  WriterStats stats_;
  LatencyHistogram latency_;
  FlushReport totals_;    ///< since Open, without what the cache has answered
  FlushReport reported_;  ///< what of them the last report has covered
};

}  // namespace bxb::write
