#include "write/key_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <memory>
#include <random>

namespace bxb::write {
namespace {

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

}  // namespace

struct KeyHasher::Secret {
  Secret() {
    std::random_device random;
    for (std::uint32_t& word : words) word = random();
  }

  static constexpr std::size_t kBytes = XXH_SECRET_DEFAULT_SIZE;
  alignas(64) std::array<std::uint32_t, kBytes / sizeof(std::uint32_t)> words;
};

KeyHasher::KeyHasher() : secret_(std::make_unique<const Secret>()) {}
KeyHasher::~KeyHasher() = default;

KeyHash KeyHasher::Key(std::string_view key) const {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(key.data(), key.size(), secret_->words.data(), Secret::kBytes);
  const KeyHash result = {.high = hash.high64, .low = hash.low64 & ~kTopBit};
  return result == KeyHash{} ? KeyHash{.high = 0, .low = 1} : result;
}

std::uint64_t KeyHasher::Payload(std::string_view payload) const {
  const std::uint64_t hash =
      XXH3_64bits_withSecret(payload.data(), payload.size(), secret_->words.data(), Secret::kBytes) & ~kTopBit;
  return hash == 0 ? 1 : hash;
}

}  // namespace bxb::write
