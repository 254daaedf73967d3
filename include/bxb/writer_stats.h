#pragma once

#include <cstdint>
#include <ostream>

#include "absl/time/time.h"

namespace bxb {

/// How long acknowledgements took: from the moment an event was accepted to the moment its outcome was
/// known; without the duplicates that the cache answered. Percentiles are read from a log-linear histogram with an
/// error of at most 1/16.
struct LatencySummary {
  std::uint64_t count = 0;
  absl::Duration p50 = {}, p90 = {}, p99 = {}, p999 = {}, max = {};
};

/// Counters of one writer since Open, consistent with each other: a snapshot taken under one lock.
/// accepted = inserted + duplicates + rejected + unknown + pending, at every moment.
struct WriterStats {
  std::uint64_t accepted = 0;    ///< events that Write took responsibility for
  std::uint64_t refused = 0;     ///< events that Write turned down at once: invalid, or no room
  std::uint64_t inserted = 0;    ///< committed by this writer
  std::uint64_t duplicates = 0;  ///< found to be in the table already
  std::uint64_t rejected = 0;    ///< accepted, then refused by the server
  std::uint64_t unknown = 0;     ///< given up on without knowing: the deadline passed, or Close aborted
  std::uint64_t pending = 0;     ///< accepted and not yet resolved

  /// What was done for the batches that are resolved; one that is still being tried is not counted (the log tells).
  std::uint64_t batches = 0;         ///< batches resolved
  std::uint64_t merges = 0;          ///< batches that went through the merge (staging + ON CONFLICT)
  std::uint64_t lookups = 0;         ///< batches whose keys were looked up in the table before anything was copied
  std::uint64_t conflicts = 0;       ///< direct COPYs that met a duplicate, so that the batch was merged
  std::uint64_t isolations = 0;      ///< batches that were taken apart to find their bad rows
  std::uint64_t retries = 0;         ///< attempts beyond a batch's first, those on parts of it among them
  std::uint64_t reconnects = 0;      ///< connections opened after the first of each lane
  std::uint64_t bytes_sent = 0;      ///< encoded bytes of the resolved batches
  std::uint64_t memory_bytes = 0;    ///< batch memory allocated now
  std::uint64_t memory_limit = 0;    ///< WriterOptions::memory_bytes
  std::uint64_t blocked_writes = 0;  ///< calls that had to wait for memory
  absl::Duration blocked_time = {};  ///< how long they waited, in total

  /// The share of the latest batches that held a duplicate, 0 … 1. Above about 0.4 the duplicates of each batch are
  /// looked up first, below it the batch is copied directly.
  double conflict_rate = 0;

  std::uint64_t cache_hits = 0;   ///< duplicates that the cache answered, without the server
  std::uint64_t joined = 0;       ///< events that took the outcome of an equal one on its way
  std::uint64_t cache_keys = 0;   ///< keys in the dedup cache now
  std::uint64_t cache_bytes = 0;  ///< memory of the dedup cache

  LatencySummary ack_latency = {};
};

/// A line for people and logs: counts, batches, p50/p99 of the acknowledgement, memory.
std::ostream& operator<<(std::ostream& out, const WriterStats& stats);

}  // namespace bxb
