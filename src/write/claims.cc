#include "write/claims.h"

#include <algorithm>
#include <mutex>

#include "bxb/internal/copy_format.h"

namespace bxb::write {
namespace {

// How many rows ahead memory is asked for: enough to hide its latency.
constexpr std::uint32_t kAhead = 8;

template <typename T>
void Raise(std::atomic<T>& value, T to) {
  for (T seen = value.load(); seen < to && !value.compare_exchange_weak(seen, to);) {
  }
}

template <typename T>
void Lower(std::atomic<T>& value, T to) {
  for (T seen = value.load(); to < seen && !value.compare_exchange_weak(seen, to);) {
  }
}

// Without a position a duplicate could not say where to read. And what is not on disk may be gone after a crash of
// which nobody here hears.
bool IsLasting(const BatchOutcome& outcome) {
  const Outcome& common = outcome.common;
  return common.stored() && common.durability != Durability::kNone && common.lsn != Lsn{} &&
         outcome.server != Incarnation{};
}

std::optional<bool> Differs(std::uint64_t payload, std::uint64_t other) {
  if (payload == 0 || other == 0) return std::nullopt;
  return payload != other;
}

}  // namespace

Claims::Claims(std::size_t bytes) {
  if (bytes > 0) cache_.emplace(bytes);
}

KeyHash Claims::Prepare(std::string_view key) const {
  if (!cache_) return {};
  const KeyHash hash = hasher_.Key(key);
  cache_->Prefetch(hash);
  return hash;
}

Fingerprint Claims::Of(const internal::EncodedRow& row, const KeyHash& key) const {
  if (!cache_) return {};
  return {.key = key, .payload = hasher_.Payload(row.tuple.substr(internal::kFieldCountBytes + row.key_bytes))};
}

std::optional<Ticket> Claims::FindDuplicate(const Fingerprint& print) {
  if (!cache_) return std::nullopt;
  const auto payload = cache_->FindCommitted(print.key);
  if (!payload) return std::nullopt;
  return Duplicate(print, *payload);
}

Ticket Claims::Duplicate(const Fingerprint& print, std::uint64_t payload) {
  hits_.fetch_add(1, std::memory_order_relaxed);
  return {{Lsn{lsn_.load()}, timeline_.load()}, durability_.load(), Differs(print.payload, payload)};
}

DedupCache::Claimed Claims::Claim(const Fingerprint& print, std::uint64_t location) {
  if (!cache_) return {.state = DedupCache::State::kUntracked};
  return cache_->Claim(print.key, location);
}

void Claims::Settle(const Batch& batch, BatchOutcome& outcome) {
  if (!cache_) return;
  const bool confirmed = IsLasting(outcome);
  if (confirmed) Confirm(outcome.common, outcome.server);
  const std::shared_lock lock(forgetting_);
  const bool proven = confirmed && outcome.server == server_;
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    if (row + kAhead < batch.rows()) cache_->Prefetch(batch.Print(row + kAhead).key);
    SettleRow(batch, row, proven, outcome);
  }
}

void Claims::SettleRow(const Batch& batch, std::uint32_t row, bool proven, BatchOutcome& outcome) {
  const auto& [key, payload] = batch.Print(row);
  const Fate fate = outcome.fates.empty() ? Fate::kCommon : outcome.fates[row];
  const bool duplicate = fate == Fate::kDuplicate;
  if (duplicate) {
    const auto differs = Differs(payload, cache_->FindCommitted(key).value_or(0));
    if (differs) outcome.fates[row] = *differs ? Fate::kDuplicateDifferent : Fate::kDuplicateSame;
  }
  if (proven && fate != Fate::kFailed) {
    cache_->Commit(key, batch.Location(row), duplicate ? 0 : payload);
  } else {
    cache_->Free(key, batch.Location(row));
  }
}

void Claims::Remember(std::string_view key) {
  if (cache_) cache_->Commit(hasher_.Key(key), DedupCache::kNowhere, 0);
}

void Claims::Forget() {
  if (cache_) cache_->ForgetCommitted();
}

void Claims::Confirm(const Outcome& confirmed, const Incarnation& server) {
  {
    const std::shared_lock lock(forgetting_);
    if (server == server_) {
      Raise(lsn_, confirmed.lsn.value);
      Lower(durability_, confirmed.durability);
      return;
    }
  }
  // What one life of the server has confirmed may be gone in the next one.
  const std::lock_guard lock(forgetting_);
  if (server_ != Incarnation{}) Forget();
  server_ = server;
  lsn_ = confirmed.lsn.value;
  timeline_ = confirmed.timeline;
  durability_ = confirmed.durability;
}

}  // namespace bxb::write
