#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "bxb/internal/key_hash.h"

namespace bxb::write {

using internal::KeyHash;

/// What the dedup cache knows a row by.
struct Fingerprint {
  KeyHash key;
  std::uint64_t payload = 0;
};

/// Hashes under a random secret of its own (XXH3, https://xxhash.com), so that keys that collide cannot be worked out
/// beforehand. It is no cryptographic code: who may write billions of chosen keys and watch what becomes of them might
/// find a collision, among their own keys. Const members are thread-safe.
class KeyHasher {
 public:
  KeyHasher();  ///< a new random secret
  ~KeyHasher();

  KeyHash Key(std::string_view key) const;

  /// 63 bits, never zero, of what a row holds besides its key: equal contents have equal hashes.
  std::uint64_t Payload(std::string_view payload) const;

 private:
  struct Secret;
  std::unique_ptr<const Secret> secret_;
};

}  // namespace bxb::write
