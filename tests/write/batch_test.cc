#include "write/batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "bxb/internal/copy_format.h"
#include "write/row_stream.h"

namespace bxb::write {
namespace {

using ::testing::ElementsAre;

// A tuple with one text column, which is the key.
std::string Tuple(const std::string& key) {
  std::string tuple = {0, 1, 0, 0, static_cast<char>(key.size() >> 8), static_cast<char>(key.size())};
  return tuple + key;
}

class BatchTest : public ::testing::Test {
 protected:
  void Add(const std::string& key, bool keyed = true) {
    const std::string tuple = Tuple(key);
    const auto key_bytes = static_cast<std::uint32_t>(keyed ? key.size() + 4 : 0);
    batch_.Add({.tuple = tuple, .key_bytes = key_bytes}, {}, {}, Clock::now());
  }

  std::vector<std::uint32_t> ByKey() {
    std::vector<std::uint32_t> order(batch_.rows());
    std::iota(order.begin(), order.end(), 0U);
    batch_.SortByKey(order);
    return order;
  }

  std::string Stream(std::vector<std::uint32_t> order, std::vector<std::size_t>* chunks = nullptr) {
    std::string buffer, all;
    RowStream stream(batch_, order, buffer);
    for (auto chunk = stream.Next(); !chunk.empty(); chunk = stream.Next()) {
      all += chunk;
      if (chunks != nullptr) chunks->push_back(chunk.size());
    }
    return all;
  }

  Batch batch_{{.rows = 100'000, .bytes = 4 << 20}};
};

TEST_F(BatchTest, SortsRowsByKeyAndEqualKeysAsTheyCame) {
  for (const char* key : {"bb", "aa", "bb", "", "aaaaaaaaaaaaab", "aaaaaaaaaaaaaa"}) Add(key);
  EXPECT_THAT(ByKey(), ElementsAre(3, 1, 5, 4, 0, 2));
}

// By their first eight bytes, then by length and bytes. Keys of any first byte and few lengths: many share a prefix,
// and some are equal.
TEST_F(BatchTest, SortsWhateverTheKeysAndEqualOnesAsTheyCame) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  std::vector<std::string> keys(3'000);
  for (std::string& key : keys) {
    key.assign(random() % 12, static_cast<char>(random() % 3));
    if (random() % 2 == 0) key.insert(0, 1, static_cast<char>(random()));
    Add(key);
  }
  std::vector<std::uint32_t> expected(keys.size());
  std::iota(expected.begin(), expected.end(), 0U);
  std::ranges::sort(expected, {}, [&](std::uint32_t row) {
    std::string prefix = keys[row].substr(0, 8);
    prefix.resize(8);
    return std::tuple(prefix, keys[row].size(), keys[row], row);
  });
  EXPECT_EQ(ByKey(), expected);
}

TEST_F(BatchTest, LeavesRowsWithoutKeyAsTheyCame) {
  for (const char* key : {"c", "a", "b"}) Add(key, /*keyed=*/false);
  EXPECT_THAT(ByKey(), ElementsAre(0, 1, 2));
}

TEST_F(BatchTest, HoldsAsManyRowsAndBytesAsItsLimits) {
  Batch small({.rows = 2, .bytes = 20});
  const std::string tuple(10, 'x');
  EXPECT_TRUE(small.Fits({.tuple = tuple, .key_bytes = 0}));
  small.Add({.tuple = tuple, .key_bytes = 0}, {}, {}, Clock::now());
  EXPECT_FALSE(small.Fits({.tuple = std::string(11, 'x'), .key_bytes = 0}));
  small.Add({.tuple = tuple, .key_bytes = 0}, {}, {}, Clock::now());
  EXPECT_TRUE(small.Full());
  EXPECT_FALSE(small.Fits({.tuple = "", .key_bytes = 0}));
}

TEST_F(BatchTest, StreamsHeaderRowsAndTrailerInTheGivenOrder) {
  Add("a");
  Add("b");
  const std::string expected =
      std::string(internal::kCopyHeader) + Tuple("b") + Tuple("a") + std::string(internal::kCopyTrailer);
  EXPECT_EQ(Stream({1, 0}), expected);
}

TEST_F(BatchTest, StreamsLargeRowsInBoundedChunks) {
  std::vector<std::uint32_t> order;
  std::string rows;
  for (const std::size_t size : {70'000, 10, 60'000, 10'000, 200'000, 1}) {
    Add(std::string(size, 'x'), /*keyed=*/false);
    rows += Tuple(std::string(size, 'x'));
    order.push_back(static_cast<std::uint32_t>(order.size()));
  }
  std::vector<std::size_t> chunks;
  EXPECT_EQ(Stream(order, &chunks), std::string(internal::kCopyHeader) + rows + std::string(internal::kCopyTrailer));
  EXPECT_THAT(chunks, ElementsAre(19, 70'006, 60'022, 10'006, 200'006, 9));
}

TEST_F(BatchTest, StreamsAnEmptyBatchAsHeaderAndTrailer) {
  EXPECT_EQ(Stream({}), std::string(internal::kCopyHeader) + std::string(internal::kCopyTrailer));
}

TEST_F(BatchTest, CallsOnlyTheRowsThatHaveACallback) {
  batch_.Reset(1);
  std::vector<std::string> told;
  const std::string tuple = Tuple("k");
  const internal::EncodedRow row = {.tuple = tuple, .key_bytes = 5};
  batch_.Add(row, {}, {}, Clock::now());
  batch_.Add(row, {}, [&](const Outcome& outcome) { told.emplace_back(Name(outcome.kind)); }, Clock::now());
  batch_.Add(row, {}, {}, Clock::now());
  batch_.Add(row, {}, [&](const Outcome& outcome) { told.emplace_back(Name(outcome.kind)); }, Clock::now());
  const auto fates = {Fate::kCommon, Fate::kCommon, Fate::kCommon, Fate::kDuplicate};
  batch_.Resolve({.common = {.kind = Outcome::Kind::kInserted}, .fates = fates});
  EXPECT_THAT(told, ElementsAre("inserted", "duplicate"));
}

}  // namespace
}  // namespace bxb::write
