#include "schema/partition_create.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/partition_support.h"

namespace bxb::schema {
namespace {

using ::testing::ElementsAre;
using testing::At;
using testing::Day;

class CreatePartitionsTest : public testing::PartitionTest {};

TEST_F(CreatePartitionsTest, CreatesWhatIsMissing) {
  Run("CREATE TABLE events (at timestamptz NOT NULL, n int DEFAULT 7) PARTITION BY RANGE (at)");
  const auto made = Create(RangesAhead(PartitionInterval::kDay, At("2026-11-22T13:14:15Z"), 1));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->size(), 2);
  EXPECT_EQ(made->at(0).table, "public.events_p20261122");
  EXPECT_EQ(made->at(1).range.from, Day(2026, 11, 23));
  const auto map = Map();
  ASSERT_EQ(map.partitions().size(), 2);
  EXPECT_TRUE(map.partitions()[0].direct);
  EXPECT_EQ(map.interval(), PartitionInterval::kDay);
}

}  // namespace
}  // namespace bxb::schema
