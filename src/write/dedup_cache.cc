#include "write/dedup_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include "absl/numeric/int128.h"

namespace bxb::write {
namespace {

// With 16 ways 99.2 % of the keys are still found after half the capacity came since, instead of 95 %, but a lookup
// takes 1.6 times as long; more memory gains the same.
constexpr std::size_t kWays = 8;
using Ways = std::uint8_t;  // a set of a bucket's ways, one bit each
static_assert(std::numeric_limits<Ways>::digits == kWays);

constexpr std::uint64_t kCommitted = std::uint64_t{1} << 63;
constexpr std::size_t kStripeBits = 8;
constexpr std::size_t kStripes = std::size_t{1} << kStripeBits;
constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t First(Ways ways) { return static_cast<std::size_t>(std::countr_zero(ways)); }
Ways WithoutFirst(Ways ways) { return static_cast<Ways>(ways & (ways - 1)); }

// Calls visit(way) for each, unrolled: gcc leaves a loop of this length a loop, which costs a lookup half its speed.
template <typename Visit>
void ForEachWay(const Visit& visit) {
  [&]<std::size_t... way>(std::index_sequence<way...>) { (visit(way), ...); }(std::make_index_sequence<kWays>());
}

template <typename Test>
Ways WaysWhere(const Test& test) {
  unsigned ways = 0;
  ForEachWay([&](std::size_t way) { ways |= unsigned{test(way)} << way; });
  return static_cast<Ways>(ways);
}

void* MapZeroPages(std::size_t bytes) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // With 480 MB lookups are 1.2 times as fast, claims 1.5 times: without huge pages each misses the TLB too.
  if (bytes >= 2 * kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

}  // namespace

// An empty way has a zero `high` and `low`. The top bit of `low` says committed, so that one comparison tells a
// committed key from a pending one, whichever mixture of two keys a reader without a lock happens to see. The top bit
// of `value` says that it is a payload, not a location.
struct alignas(kLine) DedupCache::Bucket {
  // Beside each other: a hit touches one line of them.
  struct Rest {
    std::atomic<std::uint64_t> high, value;
  };

  // Acquire: whoever sees a `low` or `value` also sees what was stored before it.
  std::uint64_t High(std::size_t way) const { return rest[way].high.load(std::memory_order_acquire); }
  std::uint64_t Low(std::size_t way) const { return low[way].load(std::memory_order_acquire); }
  std::uint64_t TaggedValue(std::size_t way) const { return rest[way].value.load(std::memory_order_acquire); }
  std::uint64_t Value(std::size_t way) const { return TaggedValue(way) & ~kCommitted; }
  bool IsCommitted(std::size_t way) const { return (Low(way) & kCommitted) != 0; }
  bool Holds(std::size_t way, KeyHash key) const { return Low(way) == key.low && High(way) == key.high; }

  // Conditional moves: a mispredicted branch would have to wait for memory before the next lookup could start.
  std::size_t LastWithLow(std::uint64_t wanted) const {
    std::size_t found = kWays;
    ForEachWay([&](std::size_t way) { found = Low(way) == wanted ? way : found; });
    return found;
  }

  Ways Find(KeyHash key) const {
    return WithHigh(key.high, WaysWhere([&](std::size_t way) { return (Low(way) & ~kCommitted) == key.low; }));
  }
  Ways Empty() const {
    return WithHigh(0, WaysWhere([&](std::size_t way) { return Low(way) == 0; }));
  }
  Ways Committed() const {
    return WaysWhere([&](std::size_t way) { return IsCommitted(way); });
  }
  Ways WithHigh(std::uint64_t wanted, Ways among) const {
    Ways found = 0;
    for (; among != 0; among = WithoutFirst(among)) {
      if (High(First(among)) == wanted) found = static_cast<Ways>(found | (among ^ WithoutFirst(among)));
    }
    return found;
  }

  // A reader that sees the new value or a half of the new key sees that the old key is gone.
  void Put(std::size_t way, KeyHash key, std::uint64_t new_value) {
    low[way].store(0, std::memory_order_relaxed);
    rest[way].value.store(new_value | (key.low & kCommitted), std::memory_order_release);
    rest[way].high.store(key.high, std::memory_order_release);
    low[way].store(key.low, std::memory_order_release);
  }

  void MarkCommitted(std::size_t way, std::uint64_t payload) {
    rest[way].value.store(payload | kCommitted, std::memory_order_release);
    low[way].store(Low(way) | kCommitted, std::memory_order_release);
  }

  void Clear(std::size_t way) {
    low[way].store(0, std::memory_order_relaxed);
    rest[way].high.store(0, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kWays> low;
  std::array<Rest, kWays> rest;
};

struct alignas(kLine) DedupCache::Stripe {
  std::mutex mutex;
  // Changed with the mutex held only, so that no read-modify-write is needed.
  std::atomic<std::size_t> keys = 0;

  void SetKeys(std::size_t now) { keys.store(now, std::memory_order_relaxed); }
  void AddKeys(std::size_t more) { SetKeys(keys.load(std::memory_order_relaxed) + more); }
  void RemoveKeys(std::size_t fewer) { SetKeys(keys.load(std::memory_order_relaxed) - fewer); }
};

DedupCache::DedupCache(std::size_t bytes)
    : buckets_(std::max<std::size_t>(bytes / (kBytesPerKey * kWays), 1)),
      stripe_shift_(std::max<std::size_t>(std::bit_width(buckets_ - 1), kStripeBits) - kStripeBits),
      mapped_(buckets_ * (sizeof(Bucket) + 1)),
      stripes_(std::make_unique<Stripe[]>(kStripes)),
      table_(static_cast<Bucket*>(MapZeroPages(mapped_))),
      oldest_(reinterpret_cast<std::uint8_t*>(table_ + buckets_)) {}

DedupCache::~DedupCache() { munmap(table_, mapped_); }

std::optional<std::uint64_t> DedupCache::FindCommitted(KeyHash key) const {
  const Bucket& bucket = table_[BucketOf(key)];
  key.low |= kCommitted;
  const std::size_t way = bucket.LastWithLow(key.low);
  if (way == kWays) return std::nullopt;
  const std::uint64_t payload = bucket.TaggedValue(way);
  // The tag: the key may have been committed, forgotten, pending and committed again since its `low` was read.
  if ((payload & kCommitted) == 0 || !bucket.Holds(way, key)) return std::nullopt;
  return payload & ~kCommitted;
}

void DedupCache::Prefetch(KeyHash key) const {
  const char* const bucket = reinterpret_cast<const char*>(&table_[BucketOf(key)]);
  for (std::size_t offset = 0; offset < sizeof(Bucket); offset += kLine) __builtin_prefetch(bucket + offset);
}

DedupCache::Claimed DedupCache::Claim(KeyHash key, std::uint64_t location) {
  const std::size_t number = BucketOf(key);
  Bucket& bucket = table_[number];
  const std::lock_guard lock(StripeOf(number).mutex);
  const Ways ways = bucket.Find(key);
  if (ways == 0) return {Insert(number, key, location) ? State::kNew : State::kUntracked};
  const std::size_t way = First(ways);
  return {bucket.IsCommitted(way) ? State::kCommitted : State::kPending, bucket.Value(way)};
}

void DedupCache::Commit(KeyHash key, std::uint64_t location, std::uint64_t payload) {
  const std::size_t number = BucketOf(key);
  Bucket& bucket = table_[number];
  const std::lock_guard lock(StripeOf(number).mutex);
  const Ways ways = bucket.Find(key);
  if (ways == 0) {
    Insert(number, {.high = key.high, .low = key.low | kCommitted}, payload);
    return;
  }
  const std::size_t way = First(ways);
  const std::uint64_t replaceable = bucket.IsCommitted(way) ? 0 : location;
  if (bucket.Value(way) == replaceable) bucket.MarkCommitted(way, payload);
}

void DedupCache::Free(KeyHash key, std::uint64_t location) {
  const std::size_t number = BucketOf(key);
  Bucket& bucket = table_[number];
  const std::lock_guard lock(StripeOf(number).mutex);
  const Ways ways = bucket.Find(key);
  if (ways == 0) return;
  const std::size_t way = First(ways);
  if (bucket.IsCommitted(way) || bucket.Value(way) != location) return;
  bucket.Clear(way);
  StripeOf(number).RemoveKeys(1);
}

void DedupCache::ForgetCommitted() {
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    const std::size_t end = std::min((stripe + 1) << stripe_shift_, buckets_);
    const std::lock_guard lock(stripes_[stripe].mutex);
    for (std::size_t number = stripe << stripe_shift_; number < end; ++number) ForgetCommitted(number);
  }
}

std::size_t DedupCache::capacity() const { return buckets_ * kWays; }

std::size_t DedupCache::keys() const {
  std::size_t keys = 0;
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe)
    keys += stripes_[stripe].keys.load(std::memory_order_relaxed);
  return keys;
}

std::size_t DedupCache::bytes() const { return mapped_ + kStripes * sizeof(Stripe); }

std::size_t DedupCache::BucketOf(KeyHash key) const {
  return static_cast<std::size_t>(absl::Uint128High64(absl::uint128(key.high) * buckets_));
}

DedupCache::Stripe& DedupCache::StripeOf(std::size_t bucket) { return stripes_[bucket >> stripe_shift_]; }

bool DedupCache::Insert(std::size_t number, KeyHash key, std::uint64_t value) {
  Bucket& bucket = table_[number];
  std::uint8_t& oldest = oldest_[number];
  const Ways empty = bucket.Empty();
  const Ways usable = empty != 0 ? empty : bucket.Committed();
  if (usable == 0) return false;
  const std::size_t way = (oldest + First(std::rotr(usable, oldest))) % kWays;
  bucket.Put(way, key, value);
  if (empty != 0) {
    StripeOf(number).AddKeys(1);
  } else {
    oldest = static_cast<std::uint8_t>((way + 1) % kWays);
  }
  return true;
}

void DedupCache::ForgetCommitted(std::size_t number) {
  Ways committed = table_[number].Committed();
  StripeOf(number).RemoveKeys(static_cast<std::size_t>(std::popcount(committed)));
  for (; committed != 0; committed = WithoutFirst(committed)) table_[number].Clear(First(committed));
}

}  // namespace bxb::write
