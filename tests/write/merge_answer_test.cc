#include "write/merge_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"

namespace bxb::write {
namespace {

using ::testing::ElementsAre;

std::string Tuple(const std::string& key) {
  std::string tuple(6, '\0');
  internal::PutBig(tuple.data(), std::int16_t{1});
  internal::PutBig(tuple.data() + 2, static_cast<std::int32_t>(key.size()));
  return tuple + key;
}

class MergeAnswerTest : public ::testing::Test {
 protected:
  MergeAnswerTest() {
    batch_.Reset(1);
    for (const char* key : {"a", "b", "b", "c"}) {
      const std::string tuple = Tuple(key);
      batch_.Add({.tuple = tuple, .key_bytes = 5}, {}, {}, Clock::now());
    }
  }

  std::vector<std::uint32_t> DuplicatesWhenReturned(const std::vector<std::string>& keys) {
    std::string returned(internal::kCopyHeader);
    for (const std::string& key : keys) returned += Tuple(key);
    returned += internal::kCopyTrailer;
    return DuplicatesOf(batch_, std::vector<std::uint32_t>{0, 1, 2, 3}, 1, returned).value();
  }

  Batch batch_{{.rows = 10, .bytes = 1000}};
};

TEST_F(MergeAnswerTest, WhatIsReturnedWasInserted) {
  EXPECT_THAT(DuplicatesWhenReturned({"a", "b", "c"}), ElementsAre(2));
  EXPECT_THAT(DuplicatesWhenReturned({"b"}), ElementsAre(0, 2, 3));
  EXPECT_THAT(DuplicatesWhenReturned({}), ElementsAre(0, 1, 2, 3));
}

TEST_F(MergeAnswerTest, TheOrderDoesNotMatter) {
  EXPECT_THAT(DuplicatesWhenReturned({"c", "a"}), ElementsAre(1, 2));
  EXPECT_THAT(DuplicatesWhenReturned({"c", "b", "a"}), ElementsAre(2));
}

TEST_F(MergeAnswerTest, AKeyThatWasNeverSentIsNobodysInsert) {
  EXPECT_THAT(DuplicatesWhenReturned({"x", "c"}), ElementsAre(0, 1, 2));
}

TEST_F(MergeAnswerTest, ACutStreamIsAnError) {
  const std::string returned = std::string(internal::kCopyHeader) + Tuple("a");
  EXPECT_EQ(DuplicatesOf(batch_, std::vector<std::uint32_t>{0}, 1, returned).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace bxb::write
