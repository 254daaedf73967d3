// The text forms of what callers keep between processes.
#include "bxb/read_token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "bxb/replay.h"

namespace bxb {
namespace {

TEST(ReadToken, ReadsWhatItWrites) {
  for (const char* text :
       {"0/0", "0/16B3748", "0/16B3748@1", "0/16B3748@1:738", "FFFFFFFF/FFFFFFFF@4294967295:18446744073709551615"}) {
    const auto token = ReadToken::Parse(text);
    ASSERT_TRUE(token) << text;
    EXPECT_EQ(token->ToString(), text);
  }
  EXPECT_EQ(ReadToken::Parse("0/16B3748@7"), ReadToken(Lsn{0x16B3748}, 7));
}

TEST(ReadToken, IsWithoutTimelineWhereItIsNotKnown) {
  EXPECT_EQ(ReadToken(Lsn{255}).ToString(), "0/FF");
  EXPECT_EQ(ReadToken::Parse("0/FF@0"), ReadToken(Lsn{255}));
  EXPECT_TRUE(ReadToken().empty());
  EXPECT_FALSE(ReadToken(Lsn{255}).empty());
}

TEST(ReadToken, StandsForAllThatItWasRaisedBy) {
  ReadToken token(Lsn{20}, 1);
  ReadToken seen(Lsn{10}, 1);
  seen.xid = 738;
  token.Raise(seen);
  EXPECT_EQ(token.ToString(), "0/14@1:738");
  token.Raise({Lsn{5}, 2});
  EXPECT_EQ(token.ToString(), "0/5@2");
  token.Raise({Lsn{30}, 1});
  EXPECT_EQ(token.ToString(), "0/5@2");
  token.Raise(Lsn{9});  // of an unknown timeline
  EXPECT_EQ(token.ToString(), "0/9@2");
  ReadToken unknown(Lsn{20});
  unknown.Raise({Lsn{5}, 1});
  EXPECT_EQ(unknown.ToString(), "0/14@1");
}

TEST(ReadToken, AnythingElseIsNone) {
  for (const char* text :
       {"", "@", "@1", "0/1@", "0/1@-1", "0/1@+1", "0/1@ 1", "0/1@1 ", "0/1@x", "0/1@4294967296", "0/1@1@1",
        "0/1@1:", "0/1@1:x", "0/1@1:18446744073709551616", "0/1:738", "16B3748", "0/123456789", " 0/1"}) {
    EXPECT_EQ(ReadToken::Parse(text), std::nullopt) << text;
  }
}

TEST(ReplayPosition, ReadsWhatItWrites) {
  for (const char* text : {"0@0:0/0", "738@1:0/16B3748", "18446744073709551615@4294967295:FFFFFFFF/FFFFFFFF"}) {
    const auto position = ReplayPosition::Parse(text);
    ASSERT_TRUE(position) << text;
    EXPECT_EQ(position->ToString(), text);
  }
  EXPECT_EQ(ReplayPosition::Parse("738@1:0/16B3748"),
            (ReplayPosition{.xid = 738, .timeline = 1, .lsn = Lsn{0x16B3748}}));
}

TEST(ReplayPosition, AnythingElseIsNone) {
  for (const char* text :
       {"", "738", "738@1", "738:0/1", "738:0/1@1", "@1:0/1", "738@:0/1", "738@1:", "-1@1:0/1",
        "18446744073709551616@1:0/1", "738@4294967296:0/1", "738@1:0/1 ", " 738@1:0/1", "738@1:1:0/1"}) {
    EXPECT_EQ(ReplayPosition::Parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bxb
