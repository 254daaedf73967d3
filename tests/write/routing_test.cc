#include "write/routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "bxb/internal/big_endian.h"

namespace bxb::write {
namespace {

using schema::Partition;
using schema::PartitionMap;
using ::testing::ElementsAre;

// Partitions [0, 100), [100, 200), [200, 300); the last one cannot be copied into directly.
PartitionMap Map() {
  std::vector<Partition> partitions;
  for (schema::PgMicros i = 0; i < 3; ++i) {
    const std::string name = "p" + std::to_string(i);
    partitions.push_back({.sql_name = name, .name = name, .from = 100 * i, .to = 100 * i + 100, .direct = i < 2});
  }
  return {std::move(partitions), /*has_default=*/false};
}

class RoutingTest : public ::testing::Test {
 protected:
  // Rows of one bigint key, which counts down, and their time.
  void Add(std::int64_t time, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::array<char, 26> tuple;
      char* out = internal::PutBig(tuple.data(), std::int16_t{2});
      out = internal::PutBig(out, std::int32_t{8});
      out = internal::PutBig(out, std::int64_t{1'000'000} - static_cast<std::int64_t>(batch_.rows()));
      out = internal::PutBig(out, std::int32_t{8});
      internal::PutBig(out, time);
      batch_.Add({.tuple = {tuple.data(), tuple.size()}, .key_bytes = 12, .time_end = 26}, {}, {}, Clock::now());
    }
  }

  std::vector<std::string> Names(const std::vector<Segment>& segments) {
    std::vector<std::string> names;
    for (const Segment& segment : segments) {
      names.push_back((segment.partition == nullptr ? "root" : segment.partition->name) + " " +
                      std::to_string(segment.rows.size()));
    }
    return names;
  }

  std::vector<std::string> Segments() {
    order_ = SendOrder(batch_, &map_);
    return Names(SegmentsOf(batch_, order_, &map_));
  }

  Batch batch_{{.rows = 10'000, .bytes = 1 << 20}};
  PartitionMap map_ = Map();
  std::vector<std::uint32_t> order_;
};

TEST_F(RoutingTest, SendsAFullPartitionStraightIntoIt) {
  Add(50, 300);
  EXPECT_THAT(Segments(), ElementsAre("p0 300"));
}

TEST_F(RoutingTest, SendsAFewRowsThroughTheRoot) {
  Add(50, kDirectRows - 1);
  EXPECT_THAT(Segments(), ElementsAre("root 255"));
}

TEST_F(RoutingTest, SendsTheTrickleThroughTheRootFirst) {
  Add(150, 300);
  Add(50, 400);
  Add(10, 100);
  Add(250, 300);
  Add(500, 1);
  EXPECT_THAT(Segments(), ElementsAre("root 301", "p0 500", "p1 300"));
}

TEST_F(RoutingTest, SendsABatchThatIsSpreadTooThinThroughTheRoot) {
  Add(50, 1000);
  Add(500, 3004);
  EXPECT_THAT(Segments(), ElementsAre("root 4004"));
}

TEST_F(RoutingTest, SortsEachPartByKey) {
  Add(150, 300);
  Add(50, 300);
  Add(250, 3);
  Segments();
  EXPECT_THAT(std::vector(order_.begin(), order_.begin() + 4), ElementsAre(602, 601, 600, 599));
  EXPECT_EQ(order_[3 + 300], 299);
}

TEST_F(RoutingTest, LeavesEachPartAsItCame) {
  Add(150, 300);
  Add(50, 300);
  Add(250, 3);
  order_ = SendOrder(batch_, &map_, /*by_key=*/false);
  EXPECT_THAT(std::vector(order_.begin(), order_.begin() + 4), ElementsAre(600, 601, 602, 300));
  EXPECT_EQ(order_[3 + 300], 0);
}

TEST_F(RoutingTest, BelongsToThePartitionThatBeginsAtItsTime) {
  Add(100, 300);
  EXPECT_THAT(Segments(), ElementsAre("p1 300"));
}

TEST_F(RoutingTest, SendsAllThroughTheRootWithoutAMap) {
  Add(50, 300);
  order_ = SendOrder(batch_, nullptr);
  EXPECT_THAT(Names(SegmentsOf(batch_, order_, nullptr)), ElementsAre("root 300"));
}

TEST_F(RoutingTest, NeverSendsThroughTheRootBehindAPartition) {
  Add(50, 300);
  Add(500, 1);
  Add(150, 300);
  order_.resize(601);
  for (std::uint32_t row = 0; row < order_.size(); ++row) order_[row] = row;
  EXPECT_THAT(Names(SegmentsOf(batch_, order_, &map_)), ElementsAre("root 601"));
}

TEST_F(RoutingTest, FindsRowsWithoutPartition) {
  for (const std::int64_t time : {0, -1, 299, 300}) Add(time, 1);
  const std::vector<std::uint32_t> rows = {0, 1, 2, 3};
  EXPECT_THAT(RowsWithoutPartition(batch_, rows, map_), ElementsAre(1, 3));
}

TEST_F(RoutingTest, TellsTheFirstAndTheLastTime) {
  for (const std::int64_t time : {7, 3, 9}) Add(time, 1);
  EXPECT_EQ(TimesOf(batch_, std::vector<std::uint32_t>{0, 1, 2}), std::make_pair(3L, 9L));
}

}  // namespace
}  // namespace bxb::write
