#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "write/key_hash.h"

namespace bxb::write {

/// Remembers which dedup keys are on their way (pending) and which are known to be in the table (committed), so
/// that a repeated event need not go to the server. Being wrong about "new" is always safe, since the server's
/// unique index decides; being wrong about "committed" would lose an event, so a key is that only after its commit
/// is known.
///
///     absent --Claim--> pending --Commit--> committed --evicted, ForgetCommitted--> absent
///                       pending --Free----> absent
///
/// Memory is reserved once, 24 bytes a key, and becomes resident as it is used (in steps of 2 MiB where the kernel
/// gives huge pages). The table consists of buckets of 8 keys; in a full bucket the committed key that came first
/// makes room. So a full cache has forgotten 5 % of the keys after half its capacity came since, half of them after
/// all of it did. A pending key is never evicted: where a bucket is full of those, a new key stays untracked.
///
/// Thread-safe. FindCommitted takes no lock; the others take one of many, for the key's bucket.
class DedupCache {
 public:
  /// Room for `bytes` / kBytesPerKey keys, rounded down to whole buckets, but for one bucket at least.
  explicit DedupCache(std::size_t bytes);
  ~DedupCache();
  DedupCache(const DedupCache&) = delete;
  DedupCache& operator=(const DedupCache&) = delete;

  static constexpr std::size_t kBytesPerKey = 24;

  enum class State : std::uint8_t {
    kNew,        ///< it was absent, and is pending now: the caller owes a Commit or a Free
    kUntracked,  ///< it was absent, and there is no room to note that it is pending: nothing is owed
    kPending,    ///< somebody else's claim: `value` is the location given there
    kCommitted,  ///< `value` is the payload given to Commit
  };

  struct Claimed {
    State state;
    std::uint64_t value = 0;
  };

  /// The payload of a committed key; nullopt for any other key, and rarely for a committed one: while another thread
  /// changes it, or where `low` is that of another key of its bucket (odds of 2^-59). Claim knows better.
  std::optional<std::uint64_t> FindCommitted(KeyHash key) const;

  /// Starts to bring the key's memory near, for a Claim, Commit or Free soon after.
  void Prefetch(KeyHash key) const;

  /// Notes an absent key as pending at `location` (below 2^63), or says what is known of it.
  Claimed Claim(KeyHash key, std::uint64_t location);

  /// The key is in the table, with this payload (below 2^63; 0: not known). Whatever it was before it is committed
  /// now, unless it is pending at another location: then that claim stays. The first known payload stays too. An
  /// absent key that finds only pending ones in its bucket stays absent.
  void Commit(KeyHash key, std::uint64_t location, std::uint64_t payload);

  /// Takes the claim made at `location` back; nothing happens where there is none.
  void Free(KeyHash key, std::uint64_t location);

  /// Makes all committed keys absent; one committed meanwhile may stay. Holds up the keys of a stripe for the time it
  /// takes to read a 256th of the cache. A server that has lost commits (a failover, a crash) must not be spoken for.
  void ForgetCommitted();

  std::size_t capacity() const;  ///< in keys
  std::size_t keys() const;      ///< pending and committed now
  std::size_t bytes() const;     ///< memory reserved

  /// The location of a Commit without a claim, as warming up makes them.
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0} >> 1;

 private:
  struct Bucket;
  struct Stripe;

  std::size_t BucketOf(KeyHash key) const;
  Stripe& StripeOf(std::size_t bucket);

  // These want the lock of the bucket's stripe.
  bool Insert(std::size_t bucket, KeyHash key, std::uint64_t value);
  void ForgetCommitted(std::size_t bucket);

  const std::size_t buckets_;
  const std::size_t stripe_shift_;  // a stripe is a range of 2^stripe_shift_ buckets
  const std::size_t mapped_;        // bytes
  const std::unique_ptr<Stripe[]> stripes_;
  Bucket* const table_;
  std::uint8_t* const oldest_;  // of each bucket, the way whose key goes first
};

}  // namespace bxb::write
