#include "write/key_hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace bxb::write {
namespace {

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

// Keys of every length that XXH3 treats in a way of its own, the empty one first.
std::set<std::string> Keys() {
  std::set<std::string> keys;
  for (std::size_t length = 0; length < 2000; ++length) keys.insert(std::string(length, 'k'));
  return keys;
}

TEST(KeyHashTest, EqualKeysHaveEqualHashes) {
  const KeyHasher hasher;
  for (const std::string& key : Keys()) {
    EXPECT_EQ(hasher.Key(key), hasher.Key(std::string(key)));
    EXPECT_EQ(hasher.Payload(key), hasher.Payload(std::string(key)));
  }
}

TEST(KeyHashTest, DifferentKeysHaveDifferentHashes) {
  const KeyHasher hasher;
  std::set<std::pair<std::uint64_t, std::uint64_t>> hashes;
  std::set<std::uint64_t> payloads;
  for (const std::string& key : Keys()) {
    hashes.emplace(hasher.Key(key).high, hasher.Key(key).low);
    payloads.insert(hasher.Payload(key));
  }
  EXPECT_EQ(hashes.size(), Keys().size());
  EXPECT_EQ(payloads.size(), Keys().size());
}

TEST(KeyHashTest, TwoHashersDiffer) {
  const KeyHasher one, other;
  for (const std::string& key : Keys()) {
    EXPECT_NE(one.Key(key), other.Key(key)) << key.size();
    EXPECT_NE(one.Payload(key), other.Payload(key)) << key.size();
  }
}

TEST(KeyHashTest, TheTopBitIsFree) {
  const KeyHasher hasher;
  for (const std::string& key : Keys()) {
    EXPECT_EQ(hasher.Key(key).low & kTopBit, 0U);
    EXPECT_EQ(hasher.Payload(key) & kTopBit, 0U);
  }
}

TEST(KeyHashTest, NothingHashesToZero) {
  const KeyHasher hasher;
  for (const std::string& key : Keys()) {
    EXPECT_NE(hasher.Key(key), KeyHash{});
    EXPECT_NE(hasher.Payload(key), 0U);
  }
}

TEST(KeyHashTest, AnEmptyViewIsTheEmptyKey) {
  const KeyHasher hasher;
  EXPECT_EQ(hasher.Key({}), hasher.Key(""));
  EXPECT_EQ(hasher.Payload({}), hasher.Payload(""));
}

}  // namespace
}  // namespace bxb::write
