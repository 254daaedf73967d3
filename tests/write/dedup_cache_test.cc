#include "write/dedup_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace bxb::write {
namespace {

using ::testing::Each;
using ::testing::Eq;
using ::testing::Optional;
using State = DedupCache::State;

constexpr std::uint64_t kHere = 7, kElsewhere = 8, kPayload = 99, kUnknown = 0;

// The n-th of many keys, spread over the buckets as hashes are.
KeyHash Key(std::uint64_t n) {
  const std::uint64_t spread = (n + 1) * 0x9e3779b97f4a7c15;
  return {.high = spread ^ (spread >> 29), .low = (spread * 0xbf58476d1ce4e5b9) >> 1};
}

class DedupCacheTest : public ::testing::Test {
 protected:
  State Claim(std::uint64_t n, std::uint64_t location = kHere) { return cache_.Claim(Key(n), location).state; }
  void Commit(std::uint64_t n, std::uint64_t payload = kPayload) { cache_.Commit(Key(n), kHere, payload); }
  void ClaimAndCommit(std::uint64_t n, std::uint64_t payload = kPayload) {
    Claim(n);
    Commit(n, payload);
  }
  std::optional<std::uint64_t> Find(std::uint64_t n) const { return cache_.FindCommitted(Key(n)); }
  void ExpectPending(std::uint64_t n, std::uint64_t location = kHere) {
    const DedupCache::Claimed claimed = cache_.Claim(Key(n), kElsewhere);
    EXPECT_EQ(claimed.state, State::kPending);
    EXPECT_EQ(claimed.value, location);
    EXPECT_EQ(Find(n), std::nullopt);
  }
  void ExpectCommitted(std::uint64_t n, std::uint64_t payload = kPayload) {
    const DedupCache::Claimed claimed = cache_.Claim(Key(n), kElsewhere);
    EXPECT_EQ(claimed.state, State::kCommitted);
    EXPECT_EQ(claimed.value, payload);
    EXPECT_THAT(Find(n), Optional(payload));
  }

  DedupCache cache_{std::size_t{1} << 20};
};

// One bucket: all keys meet in it.
class FullDedupCacheTest : public DedupCacheTest {
 protected:
  FullDedupCacheTest() {
    for (std::uint64_t n = 0; n < room_; ++n) tiny_.Commit(Key(n), DedupCache::kNowhere, n + 1);
  }

  bool Has(std::uint64_t n) const { return tiny_.FindCommitted(Key(n)).has_value(); }

  DedupCache tiny_{0};
  const std::uint64_t room_ = tiny_.capacity();
};

TEST_F(DedupCacheTest, AnAbsentKeyIsNewAndThenPending) {
  EXPECT_EQ(Find(1), std::nullopt);
  EXPECT_EQ(Claim(1), State::kNew);
  EXPECT_EQ(cache_.keys(), 1U);
  ExpectPending(1);
}

TEST_F(DedupCacheTest, AClaimAtLocationZeroIsAClaim) {
  EXPECT_EQ(Claim(1, 0), State::kNew);
  ExpectPending(1, 0);
  cache_.Commit(Key(1), 0, kPayload);
  ExpectCommitted(1);
}

TEST_F(DedupCacheTest, ACommittedClaimIsCommitted) {
  ClaimAndCommit(1);
  ExpectCommitted(1);
  EXPECT_EQ(cache_.keys(), 1U);
}

TEST_F(DedupCacheTest, AFreedClaimIsAbsent) {
  Claim(1);
  cache_.Free(Key(1), kHere);
  EXPECT_EQ(cache_.keys(), 0U);
  EXPECT_EQ(Claim(1), State::kNew);
}

TEST_F(DedupCacheTest, FreeFromAnotherLocationLeavesTheClaimAlone) {
  Claim(1);
  cache_.Free(Key(1), kElsewhere);
  ExpectPending(1);
}

TEST_F(DedupCacheTest, FreeLeavesACommittedKeyAlone) {
  ClaimAndCommit(1, kHere);
  cache_.Free(Key(1), kHere);
  ExpectCommitted(1, kHere);
}

TEST_F(DedupCacheTest, FreeOfAnAbsentKeyDoesNothing) {
  cache_.Free(Key(1), kHere);
  EXPECT_EQ(cache_.keys(), 0U);
}

TEST_F(DedupCacheTest, CommitFromAnotherLocationLeavesTheClaimAlone) {
  Claim(1);
  cache_.Commit(Key(1), kElsewhere, kPayload);
  cache_.Commit(Key(1), DedupCache::kNowhere, kPayload);
  ExpectPending(1);
}

TEST_F(DedupCacheTest, CommitOfAnAbsentKeyMakesItCommitted) {
  cache_.Commit(Key(1), DedupCache::kNowhere, kPayload);
  ExpectCommitted(1);
  EXPECT_EQ(cache_.keys(), 1U);
}

TEST_F(DedupCacheTest, TheFirstKnownPayloadStays) {
  ClaimAndCommit(1, kUnknown);
  ExpectCommitted(1, kUnknown);
  Commit(1, kPayload);
  ExpectCommitted(1, kPayload);
  Commit(1, kPayload + 1);
  Commit(1, kUnknown);
  ExpectCommitted(1, kPayload);
}

TEST_F(DedupCacheTest, ForgetCommittedLeavesOnlyPendingKeys) {
  for (std::uint64_t n = 0; n < 1000; ++n) ClaimAndCommit(n);
  for (std::uint64_t n = 1000; n < 2000; ++n) Claim(n);
  cache_.ForgetCommitted();
  EXPECT_EQ(cache_.keys(), 1000U);
  for (std::uint64_t n = 1000; n < 2000; ++n) ExpectPending(n);
  for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_EQ(Claim(n), State::kNew);
}

TEST_F(DedupCacheTest, KeysThatDifferInOneHalfOnlyAreDifferent) {
  cache_.Commit({.high = 1, .low = 1}, kHere, kPayload);
  EXPECT_EQ(cache_.Claim({.high = 1, .low = 2}, kHere).state, State::kNew);
  EXPECT_EQ(cache_.Claim({.high = 2, .low = 1}, kHere).state, State::kNew);
  EXPECT_EQ(cache_.Claim({.high = 1, .low = 0}, kHere).state, State::kNew);
  EXPECT_EQ(cache_.Claim({.high = 0, .low = 1}, kHere).state, State::kNew);
}

TEST_F(DedupCacheTest, PrefetchChangesNothing) {
  cache_.Prefetch(Key(1));
  EXPECT_EQ(cache_.keys(), 0U);
}

TEST_F(FullDedupCacheTest, CommittedKeysLeaveInTheOrderTheyCame) {
  for (std::uint64_t n = room_; n < 5 * room_; ++n) {
    EXPECT_EQ(tiny_.Claim(Key(n), kHere).state, State::kNew);
    tiny_.Commit(Key(n), kHere, n + 1);
    EXPECT_FALSE(Has(n - room_));
    EXPECT_TRUE(Has(n - room_ + 1));
  }
  EXPECT_EQ(tiny_.keys(), room_);
}

TEST_F(FullDedupCacheTest, APendingKeyIsNeverEvicted) {
  tiny_.Claim(Key(room_), kHere);
  for (std::uint64_t n = room_ + 1; n < 10 * room_; ++n) tiny_.Commit(Key(n), DedupCache::kNowhere, kPayload);
  EXPECT_EQ(tiny_.Claim(Key(room_), kElsewhere).state, State::kPending);
}

TEST_F(FullDedupCacheTest, AKeyAmongPendingOnesOnlyIsUntracked) {
  for (std::uint64_t n = room_; n < 2 * room_; ++n) EXPECT_EQ(tiny_.Claim(Key(n), kHere).state, State::kNew);
  EXPECT_EQ(tiny_.Claim(Key(2 * room_), kHere).state, State::kUntracked);
  tiny_.Commit(Key(2 * room_), kHere, kPayload);
  EXPECT_FALSE(Has(2 * room_));
  tiny_.Free(Key(room_), kHere);
  EXPECT_EQ(tiny_.Claim(Key(2 * room_), kHere).state, State::kNew);
}

TEST_F(FullDedupCacheTest, AFreedWayIsUsedBeforeAnythingIsEvicted) {
  tiny_.Claim(Key(room_), kHere);
  tiny_.Free(Key(room_), kHere);
  tiny_.Claim(Key(room_ + 1), kHere);
  for (std::uint64_t n = 1; n < room_; ++n) EXPECT_TRUE(Has(n));
}

TEST(DedupCacheSizeTest, AKeyTakesLittleMoreThanItsBytes) {
  for (const std::size_t mebibytes : {1, 10, 64, 1000}) {
    const DedupCache cache(mebibytes << 20);
    EXPECT_LE(cache.bytes(), cache.capacity() * 32) << mebibytes;
    EXPECT_LE(cache.capacity() * DedupCache::kBytesPerKey, mebibytes << 20);
    EXPECT_GT((cache.capacity() + 16) * DedupCache::kBytesPerKey, mebibytes << 20);
  }
}

TEST(DedupCacheSizeTest, TheSmallestCacheWorks) {
  for (const std::size_t bytes : {0, 1, 24, 1000}) {
    DedupCache cache(bytes);
    EXPECT_GE(cache.capacity(), 1U);
    cache.Commit(Key(1), kHere, kPayload);
    EXPECT_THAT(cache.FindCommitted(Key(1)), Optional(kPayload));
  }
}

TEST(DedupCacheSizeTest, EveryBucketIsReached) {
  for (const std::size_t buckets : {1, 2, 255, 256, 257, 1000}) {
    DedupCache cache(buckets * 8 * DedupCache::kBytesPerKey);
    for (std::uint64_t n = 0; n < 3 * cache.capacity(); ++n) cache.Commit(Key(n), kHere, kPayload);
    EXPECT_GT(cache.keys(), cache.capacity() * 95 / 100) << buckets;
    cache.ForgetCommitted();
    EXPECT_EQ(cache.keys(), 0U) << buckets;
  }
}

// What a cache of endless memory knows; the real one may have forgotten what is committed, and nothing else.
class Model {
 public:
  explicit Model(std::size_t bytes) : cache_(bytes) {}

  void Claim(std::uint64_t n, std::uint64_t location) {
    const DedupCache::Claimed claimed = cache_.Claim(Key(n), location);
    if (pending_.contains(n)) {
      EXPECT_EQ(claimed.state, State::kPending);
      EXPECT_EQ(claimed.value, pending_[n]);
    } else if (claimed.state == State::kCommitted) {
      ExpectKnown(n, claimed.value);
    } else {
      EXPECT_NE(claimed.state, State::kPending);
      committed_.erase(n);
      if (claimed.state == State::kNew) pending_[n] = location;
    }
  }

  void Commit(std::uint64_t n, std::uint64_t location, std::uint64_t payload) {
    const auto claim = pending_.find(n);
    const bool known = cache_.FindCommitted(Key(n)).has_value();
    cache_.Commit(Key(n), location, payload);
    if (claim != pending_.end() && claim->second != location) return;
    if (claim != pending_.end()) pending_.erase(claim);
    if (!known || committed_[n] == kUnknown) committed_[n] = payload;
  }

  void Free(std::uint64_t n, std::uint64_t location) {
    cache_.Free(Key(n), location);
    if (const auto claim = pending_.find(n); claim != pending_.end() && claim->second == location)
      pending_.erase(claim);
  }

  void Forget() {
    cache_.ForgetCommitted();
    committed_.clear();
    EXPECT_EQ(cache_.keys(), pending_.size());
  }

  void Find(std::uint64_t n) {
    if (const auto payload = cache_.FindCommitted(Key(n)); payload.has_value()) ExpectKnown(n, *payload);
  }

  std::size_t pending() const { return pending_.size(); }
  const DedupCache& cache() const { return cache_; }

 private:
  void ExpectKnown(std::uint64_t n, std::uint64_t payload) {
    ASSERT_TRUE(committed_.contains(n));
    EXPECT_EQ(payload, committed_[n]);
  }

  DedupCache cache_;
  std::map<std::uint64_t, std::uint64_t> pending_, committed_;
};

void DoSomething(Model& model, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  const std::uint64_t n = below(300), location = below(3), payload = below(4);
  const std::uint64_t dice = below(1000);
  if (dice == 0) return model.Forget();
  if (dice < 300) return model.Claim(n, location);
  if (dice < 600) return model.Commit(n, location, payload);
  if (dice < 800) return model.Free(n, location);
  model.Find(n);
}

TEST(DedupCacheModelTest, ForgetsNothingButCommittedKeysAndInventsNone) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const std::size_t keys : {16, 100, 1000}) {
    Model model(keys * DedupCache::kBytesPerKey);
    for (int i = 0; i < 100'000 && !::testing::Test::HasFailure(); ++i) {
      DoSomething(model, random);
      ASSERT_GE(model.cache().keys(), model.pending());
      ASSERT_LE(model.cache().keys(), model.cache().capacity());
    }
  }
}

constexpr std::uint64_t kThreads = 8;

void InThreads(const std::function<void(std::uint64_t thread)>& run) {
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) threads.emplace_back(run, thread);
}

TEST(DedupCacheThreadsTest, OneOfManyThreadsGetsAClaim) {
  constexpr std::uint64_t kKeys = 20'000;
  DedupCache cache(10 * kKeys * DedupCache::kBytesPerKey);
  std::vector<std::atomic<int>> winners(kKeys);
  InThreads([&](std::uint64_t thread) {
    for (std::uint64_t n = 0; n < kKeys; ++n) {
      const DedupCache::Claimed claimed = cache.Claim(Key(n), thread);
      if (claimed.state == State::kNew) ++winners[n];
      EXPECT_TRUE(claimed.state == State::kNew || claimed.value < kThreads);
    }
  });
  EXPECT_THAT(winners, Each(Eq(1)));
  EXPECT_EQ(cache.keys(), kKeys);
}

TEST(DedupCacheThreadsTest, ThreadsWithKeysOfTheirOwnDoNotDisturbEachOther) {
  constexpr std::uint64_t kKeys = 5'000;
  DedupCache cache(10 * kThreads * kKeys * DedupCache::kBytesPerKey);
  InThreads([&](std::uint64_t thread) {
    for (std::uint64_t n = thread * kKeys; n < (thread + 1) * kKeys; ++n) {
      EXPECT_EQ(cache.Claim(Key(n), n).state, State::kNew);
      EXPECT_EQ(cache.FindCommitted(Key(n)), std::nullopt);
      cache.Commit(Key(n), n, n + 1);
      EXPECT_THAT(cache.FindCommitted(Key(n)), Optional(n + 1));
    }
  });
  EXPECT_EQ(cache.keys(), kThreads * kKeys);
}

// A payload tells its key, and only a key that somebody committed is found: not one seen half moved.
TEST(DedupCacheThreadsTest, WhatIsFoundWhileKeysAreEvictedIsTrue) {
  constexpr std::uint64_t kKeys = 200, kNeverCommitted = 10;
  DedupCache cache(0);
  InThreads([&](std::uint64_t thread) {
    std::mt19937_64 random(thread);
    for (int i = 0; i < 50'000; ++i) {
      const std::uint64_t n = random() % kKeys;
      if (const auto payload = cache.FindCommitted(Key(n)); payload.has_value()) {
        EXPECT_EQ(*payload, n + 1);
        EXPECT_GE(n, kNeverCommitted);
      } else if (cache.Claim(Key(n), 1000 + thread).state == State::kNew) {
        n < kNeverCommitted ? cache.Free(Key(n), 1000 + thread) : cache.Commit(Key(n), 1000 + thread, n + 1);
      }
      if (i % 1000 == 0) cache.ForgetCommitted();
    }
  });
  cache.ForgetCommitted();
  EXPECT_EQ(cache.keys(), 0U);
}

}  // namespace
}  // namespace bxb::write
