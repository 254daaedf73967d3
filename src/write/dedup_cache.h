#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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
/// Memory is taken once, 24 bytes a key. The table consists of buckets of a few keys each; in a full bucket the
/// committed key that came first makes room. A pending key is never evicted: where a bucket is full of those, a new
/// key stays untracked.
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

  /// The payload of a committed key; nullopt for any other key, and sometimes for one that is being moved by
  /// another thread at this moment.
  std::optional<std::uint64_t> FindCommitted(KeyHash key) const;

  /// Starts to bring the key's memory near, for a Claim, Commit or Free soon after.
  void Prefetch(KeyHash key) const;

  /// Notes an absent key as pending at `location` (below 2^63), or says what is known of it.
  Claimed Claim(KeyHash key, std::uint64_t location);

  /// The key is in the table, with this payload (0: not known). Whatever it was before it is committed now, unless
  /// it is pending at another location: then that claim stays.
  void Commit(KeyHash key, std::uint64_t location, std::uint64_t payload);

  /// Takes the claim made at `location` back; nothing happens where there is none.
  void Free(KeyHash key, std::uint64_t location);

  /// Makes all committed keys absent. A server that has lost commits (a failover, a crash) must not be spoken for.
  void ForgetCommitted();

  std::size_t capacity() const;  ///< in keys
  std::size_t keys() const;      ///< pending and committed now
  std::size_t bytes() const;     ///< memory taken

  /// The location of a Commit without a claim, as warming up makes them.
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0} >> 1;

 private:
  // To be filled in by the implementation.
};

}  // namespace bxb::write
