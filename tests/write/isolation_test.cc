#include "write/isolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace bxb::write {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

using Rows = std::vector<std::uint32_t>;

Rows FirstRows(std::uint32_t count) {
  Rows rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

// A server: it refuses a piece with a bad row, and names the first one's line where it can.
class Server {
 public:
  Server(std::set<std::uint32_t> bad, std::set<std::uint32_t> bad_without_line)
      : bad_(std::move(bad)), bad_without_line_(std::move(bad_without_line)) {}

  void Settle(Isolation& isolation) {
    for (auto piece = isolation.Next(); !piece.empty(); piece = isolation.Next()) {
      ++attempts;
      sent += piece.size();
      const auto line = std::ranges::find_if(piece, [&](std::uint32_t row) { return bad_.contains(row); });
      const bool refused = line != piece.end() || std::ranges::any_of(piece, [&](std::uint32_t row) {
                             return bad_without_line_.contains(row);
                           });
      if (!refused && isolation.OnlyTry()) {
        isolation.Passed();
      } else if (!refused) {
        ++commits;
        stored.insert(stored.end(), piece.begin(), piece.end());
        isolation.Stored();
      } else {
        std::optional<std::size_t> index;
        if (line != piece.end()) index = static_cast<std::size_t>(line - piece.begin());
        if (const auto blamed = isolation.Refused(index)) rejected.push_back(*blamed);
      }
    }
  }

  Rows stored, rejected;
  std::size_t attempts = 0, commits = 0, sent = 0;

 private:
  std::set<std::uint32_t> bad_, bad_without_line_;
};

TEST(Isolation, SendsTheWholeBatchFirst) {
  Isolation isolation({3, 1, 2});
  EXPECT_THAT(isolation.Next(), ElementsAre(3, 1, 2));
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

TEST(Isolation, BlamesTheNamedRowAndSendsTheOthers) {
  Isolation isolation({5, 6, 7, 8});
  isolation.Next();
  EXPECT_THAT(isolation.Refused(2), Optional(7U));
  EXPECT_THAT(isolation.Next(), ElementsAre(8));
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), ElementsAre(5, 6));
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

TEST(Isolation, BlamesTheOnlyRowWhenNoneIsNamed) {
  Isolation isolation({9});
  isolation.Next();
  EXPECT_THAT(isolation.Refused(std::nullopt), Optional(9U));
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

TEST(Isolation, SplitsWhenNoRowIsNamed) {
  Isolation isolation(FirstRows(16));
  isolation.Next();
  EXPECT_EQ(isolation.Refused(std::nullopt), std::nullopt);
  EXPECT_THAT(isolation.Next(), ElementsAre(0, 1));
}

TEST(Isolation, OnlyTriesThePartsOfASplitAndCommitsWhatHasPassed) {
  Isolation isolation({1, 2});
  isolation.Next();
  EXPECT_FALSE(isolation.OnlyTry());
  isolation.Refused(std::nullopt);
  EXPECT_THAT(isolation.Next(), ElementsAre(1));
  EXPECT_TRUE(isolation.OnlyTry());
  isolation.Passed();
  isolation.Next();
  EXPECT_THAT(isolation.Refused(std::nullopt), Optional(2U));
  EXPECT_THAT(isolation.Next(), ElementsAre(1));
  EXPECT_FALSE(isolation.OnlyTry());
}

TEST(Isolation, CommitsPartByPartWhenRowsAreBadOnlyTogether) {
  Isolation isolation(FirstRows(16));
  std::size_t stored = 0;
  for (auto piece = isolation.Next(); !piece.empty(); piece = isolation.Next()) {
    if (piece.size() > 5) {
      EXPECT_EQ(isolation.Refused(std::nullopt), std::nullopt);
    } else if (isolation.OnlyTry()) {
      isolation.Passed();
    } else {
      stored += piece.size();
      isolation.Stored();
    }
  }
  EXPECT_EQ(stored, 16);
}

TEST(Isolation, CommitsWhatHasPassedWhenTimeIsShort) {
  Isolation isolation(FirstRows(16));
  isolation.Next();
  isolation.Refused(std::nullopt);
  isolation.Next();
  isolation.Passed();
  isolation.Hurry();
  EXPECT_THAT(isolation.Next(), ElementsAre(0, 1));
  EXPECT_FALSE(isolation.OnlyTry());
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), ElementsAre(2, 3));
  EXPECT_TRUE(isolation.OnlyTry());
}

TEST(Isolation, GoesOnWithWhatIsLeftOfANarrowedPiece) {
  Isolation isolation({3, 1, 2});
  isolation.Next();
  EXPECT_TRUE(isolation.IsWhole());
  isolation.Narrow({3, 2});
  EXPECT_THAT(isolation.Next(), ElementsAre(3, 2));
  EXPECT_FALSE(isolation.IsWhole());
  EXPECT_FALSE(isolation.OnlyTry());
  isolation.Narrow({});
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

TEST(Isolation, HandsOutWhatIsNotSettledWhenItGivesUp) {
  Isolation isolation(FirstRows(6));
  isolation.Next();
  isolation.Refused(2);
  EXPECT_THAT(isolation.TakeRest(), ::testing::UnorderedElementsAre(0, 1, 3, 4, 5));
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

TEST(Isolation, CostsAboutTwiceTheRowsWhenOneInAHundredIsNamed) {
  std::set<std::uint32_t> bad;
  for (std::uint32_t row = 50; row < 10'000; row += 100) bad.insert(row);
  Server server(bad, {});
  Isolation isolation(FirstRows(10'000));
  server.Settle(isolation);
  EXPECT_EQ(server.rejected.size(), 100);
  EXPECT_LT(server.sent, 5 * 10'000);
  EXPECT_LT(server.attempts, 250);
}

TEST(Isolation, FindsFiveUnnamedRowsOfTenThousandInAFewPasses) {
  Server server({}, {7, 1234, 5678, 5679, 9999});
  Isolation isolation(FirstRows(10'000));
  server.Settle(isolation);
  EXPECT_THAT(server.rejected, ::testing::UnorderedElementsAre(7, 1234, 5678, 5679, 9999));
  EXPECT_LT(server.sent, 4 * 10'000);
  EXPECT_LT(server.attempts, 250);
  EXPECT_EQ(server.commits, 1);
}

TEST(Isolation, EndsWhenEveryRowIsBad) {
  const Rows all = FirstRows(10'000);
  Server named({all.begin(), all.end()}, {});
  Isolation by_line(all);
  named.Settle(by_line);
  EXPECT_EQ(named.rejected.size(), 10'000);
  EXPECT_LE(named.attempts, 10'000);
  Server unnamed({}, {all.begin(), all.end()});
  Isolation by_splitting(all);
  unnamed.Settle(by_splitting);
  EXPECT_EQ(unnamed.rejected.size(), 10'000);
  EXPECT_LT(unnamed.attempts, 13'000);
}

TEST(Isolation, SettlesEveryRowOnceWhateverIsBad) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto count = std::uniform_int_distribution<std::uint32_t>(1, 700)(random);
    const double rate = std::uniform_real_distribution<>(0, 0.2)(random);
    std::bernoulli_distribution is_bad(rate);
    std::set<std::uint32_t> bad, unnamed;
    for (std::uint32_t row = 0; row < count; ++row) {
      if (is_bad(random)) (random() % 2 == 0 ? bad : unnamed).insert(row);
    }
    Server server(bad, unnamed);
    Isolation isolation(FirstRows(count));
    server.Settle(isolation);
    std::set<std::uint32_t> expected = bad;
    expected.insert(unnamed.begin(), unnamed.end());
    EXPECT_EQ(std::set(server.rejected.begin(), server.rejected.end()), expected);
    EXPECT_EQ(server.stored.size() + server.rejected.size(), count);
    EXPECT_EQ(std::set(server.stored.begin(), server.stored.end()).size(), server.stored.size());
  }
}

TEST(Isolation, SendsWhatHasToWaitLast) {
  Isolation isolation({3, 1, 4, 2, 5});
  isolation.Next();
  isolation.Postpone({1, 2});
  EXPECT_THAT(isolation.Next(), ElementsAre(3, 4, 5));
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), ElementsAre(1, 2));
  isolation.Stored();
  EXPECT_THAT(isolation.Next(), IsEmpty());
}

}  // namespace
}  // namespace bxb::write
