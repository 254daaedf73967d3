// The dedup cache by itself, on one core: nothing here knows of a server.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "dedup/ground.h"
#include "support/session.h"
#include "write/dedup_cache.h"
#include "write/key_hash.h"

namespace bxb::bench::dedup {
namespace {

using write::DedupCache;
using write::KeyHash;

// A cache with a little room to spare: with none a tenth of its keys would lose their places to others.
constexpr std::size_t kBytesPerHeldKey = 30;

std::uint64_t Mix(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

// Made anew each time, not read from memory, which the cache shall have to itself.
KeyHash Key(std::uint64_t n) { return {.high = Mix(n + 0x9e3779b97f4a7c15), .low = Mix(~n) >> 1}; }

// The caches of all rounds: it takes seconds to fill one.
class Caches {
 public:
  explicit Caches(std::size_t keys) : keys_(keys) {}

  /// Holds so many committed keys, of the first `filled()` that were committed.
  const DedupCache& Roomy() {
    if (!roomy_) roomy_ = std::make_unique<DedupCache>(keys_ * kBytesPerHeldKey);
    for (; roomy_->keys() < keys_; ++filled_) roomy_->Commit(Key(filled_), DedupCache::kNowhere, 1);
    return *roomy_;
  }

  /// Has so many places, and has lost as many keys as it has: what a writer's cache comes to in time.
  DedupCache& Full() {
    if (!full_) full_ = std::make_unique<DedupCache>(keys_ * DedupCache::kBytesPerKey);
    for (; next_ < 2 * keys_; ++next_) full_->Commit(Key(next_), DedupCache::kNowhere, 1);
    return *full_;
  }

  std::size_t keys() const { return keys_; }
  std::uint64_t filled() const { return filled_; }
  std::uint64_t next() const { return next_; }  ///< the first key that Full() has not seen
  std::uint64_t Take(std::size_t n) { return std::exchange(next_, next_ + n); }

 private:
  const std::size_t keys_;
  std::unique_ptr<DedupCache> roomy_;
  std::unique_ptr<DedupCache> full_;
  std::uint64_t filled_ = 0;
  std::uint64_t next_ = 0;
};

// Looks for keys of [first, first + filled), each far from the one before.
void Find(benchmark::State& state, Caches& caches, std::uint64_t first) {
  const DedupCache& cache = caches.Roomy();
  const std::uint64_t filled = caches.filled();
  const auto stride = static_cast<std::uint64_t>(0.618 * static_cast<double>(filled));
  std::size_t found = 0;
  MeasureCore(state, caches.keys(), [&] {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < caches.keys(); ++i) {
      found += cache.FindCommitted(Key(first + n)) ? 1 : 0;
      n += n + stride < filled ? stride : stride - filled;
    }
  });
  state.counters["found_percent"] = 100.0 * static_cast<double>(found) / static_cast<double>(caches.keys());
  state.counters["bytes_per_key"] = static_cast<double>(cache.bytes()) / static_cast<double>(cache.keys());
}

void FindHit(benchmark::State& state, Caches& caches) { Find(state, caches, 0); }
void FindMiss(benchmark::State& state, Caches& caches) { Find(state, caches, std::uint64_t{1} << 40); }

void ClaimAndCommit(DedupCache& cache, std::uint64_t first, std::uint64_t end) {
  constexpr std::uint64_t kAhead = 8;  // as the writer does it: it knows a batch's keys, but not the next one written
  for (std::uint64_t n = first; n < end; ++n) {
    if (cache.Claim(Key(n), n).state != DedupCache::State::kNew) Die("cache: a new key was known, or had no room");
  }
  for (std::uint64_t n = first; n < end; ++n) {
    cache.Prefetch(Key(n + kAhead));
    cache.Commit(Key(n), n, 1);
  }
}

// Batch by batch, while for each new key an old one goes.
void ClaimCommit(benchmark::State& state, Caches& caches) {
  DedupCache& cache = caches.Full();
  const std::size_t keys = caches.keys() / 4;
  const std::uint64_t first = caches.Take(keys);
  MeasureCore(state, keys, [&] {
    for (std::uint64_t n = first; n < first + keys; n += kBatchRows) {
      ClaimAndCommit(cache, n, std::min<std::uint64_t>(n + kBatchRows, first + keys));
    }
  });
}

// How much of the latest half of what it has room for is a full cache sure to know?
void Remember(benchmark::State& state, Caches& caches) {
  const DedupCache& cache = caches.Full();
  const std::size_t half = cache.capacity() / 2;
  std::size_t found = 0;
  MeasureCore(state, half, [&] {
    for (std::uint64_t n = caches.next() - half; n < caches.next(); ++n) found += cache.FindCommitted(Key(n)) ? 1 : 0;
  });
  state.counters["found_percent"] = 100.0 * static_cast<double>(found) / static_cast<double>(half);
}

// Keys of the length that an event's has, encoded.
void HashKey(benchmark::State& state, Caches& caches) {
  const write::KeyHasher hasher;
  std::array<char, 40> key{};
  std::uint64_t sum = 0;
  MeasureCore(state, caches.keys(), [&] {
    for (std::size_t i = 0; i < caches.keys(); ++i) {
      key[i % key.size()] = static_cast<char>(i);
      sum += hasher.Key({key.data(), key.size()}).low;
    }
  });
  benchmark::DoNotOptimize(sum);
}

}  // namespace

std::vector<Contender> CacheContenders(const Settings& settings) {
  const auto caches = std::make_shared<Caches>(settings.cache_keys);
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, auto run) {
    contenders.push_back({name, [caches, run](benchmark::State& state) { run(state, *caches); }});
  };
  add("cache/find_hit", FindHit);
  add("cache/find_miss", FindMiss);
  add("cache/claim_commit", ClaimCommit);
  add("cache/remember", Remember);
  add("cache/hash_key", HashKey);
  return contenders;
}

}  // namespace bxb::bench::dedup
