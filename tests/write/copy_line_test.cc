#include "write/copy_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bxb::write {
namespace {

using ::testing::Optional;

TEST(CopyLine, IsTheRowThatTheServerNames) {
  EXPECT_THAT(CopyLine("COPY events, line 12", "events", 100), Optional(11));
  EXPECT_THAT(CopyLine("COPY events, line 12, column properties", "events", 100), Optional(11));
}

TEST(CopyLine, NeedsNoEnglish) {
  EXPECT_THAT(CopyLine("COPY events, Zeile 12, Spalte value", "events", 100), Optional(11));
  EXPECT_EQ(CopyLine("表events的COPY, 第12行", "events", 100), std::nullopt);
}

TEST(CopyLine, IsReadBehindATriggersOwnContext) {
  EXPECT_THAT(CopyLine("PL/pgSQL function f() line 3 at RAISE\nCOPY events, line 7", "events", 100), Optional(6));
}

TEST(CopyLine, IsNeverReadFromWhatATriggerQuotes) {
  EXPECT_EQ(CopyLine("COPY events, line 7\nSQL statement \"INSERT\"", "events", 100), std::nullopt);
  EXPECT_THAT(CopyLine("SQL statement \"x\nCOPY events, line 1\"\nCOPY events, line 7", "events", 100), Optional(6));
}

TEST(CopyLine, FollowsATableNameThatLooksLikeALine) {
  EXPECT_THAT(CopyLine("COPY a, line 5, line 9", "a, line 5", 100), Optional(8));
}

TEST(CopyLine, IsNoneWhereTheServerNamesNoRowThatWasSent) {
  for (const char* context : {"", "COPY events", "COPY other, line 3", "COPY events, line 0", "COPY events, line 101",
                              "COPY events, line 99999999999999999999", "COPY events, column value, row 3"}) {
    EXPECT_EQ(CopyLine(context, "events", 100), std::nullopt) << context;
  }
}

}  // namespace
}  // namespace bxb::write
