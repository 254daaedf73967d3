#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string_view>

#include "bxb/internal/row_shape.h"
#include "bxb/ticket.h"
#include "write/batch.h"
#include "write/batch_result.h"
#include "write/dedup_cache.h"
#include "write/key_hash.h"

namespace bxb::write {

/// Who may write which key: the dedup cache, as a queue of batches uses it. An event claims its key before it joins a
/// batch; the end of the batch settles the claim. Without a cache every event is new. Thread-safe.
class Claims {
 public:
  /// No cache where `bytes` is zero.
  explicit Claims(std::size_t bytes);

  /// Hashes an encoded key (all zeros without a cache) and brings its place in the cache near.
  KeyHash Prepare(std::string_view key) const;

  /// Hashes the rest of the row too.
  Fingerprint Of(const internal::EncodedRow& row, const KeyHash& key) const;

  /// The ticket of an event that is known to be in the table.
  std::optional<Ticket> FindDuplicate(const Fingerprint& print);

  /// The same when Claim has found it so: `payload` is the one that is in the table.
  Ticket Duplicate(const Fingerprint& print, std::uint64_t payload);

  /// Claims the key for the row that is about to be added at `location`.
  DedupCache::Claimed Claim(const Fingerprint& print, std::uint64_t location);

  /// Settles the claim of every row, and completes what the outcome says of its duplicates.
  void Settle(const Batch& batch, BatchOutcome& outcome);

  /// Learns a key that is in the table.
  void Remember(std::string_view key);

  /// Unlearns all that is in the table.
  void Forget();

  /// What duplicates that are found here may say: their commits lie before `lsn` and are at least as durable.
  void Confirm(const Outcome& confirmed, const Incarnation& server);

  std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  std::size_t keys() const { return cache_ ? cache_->keys() : 0; }
  std::size_t bytes() const { return cache_ ? cache_->bytes() : 0; }

 private:
  void SettleRow(const Batch& batch, std::uint32_t row, bool proven, BatchOutcome& outcome);

  KeyHasher hasher_;
  std::optional<DedupCache> cache_;

  std::shared_mutex forgetting_;  ///< exclusive while what an earlier incarnation has confirmed is forgotten
  Incarnation server_;
  std::atomic<std::uint64_t> lsn_ = 0;
  std::atomic<std::uint32_t> timeline_ = 0;
  std::atomic<Durability> durability_ = Durability::kRemoteApply;
  std::atomic<std::uint64_t> hits_ = 0;
};

}  // namespace bxb::write
