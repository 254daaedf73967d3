// The arithmetic of transaction numbers, of which a row has 32 bits.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "read/replay.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;

/// Evaluates the condition over rows of given transactions, under a snapshot that ends at `end`.
class CommittedBetweenTest : public ::testing::Test {
 protected:
  std::vector<bool> Matches(std::uint64_t since, std::uint64_t next, std::uint64_t end,
                            const std::vector<std::uint64_t>& xids) {
    std::string condition = read::CommittedBetween({.xid = since}, {.xid = next});
    const std::string snapshot_end = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    if (const auto at = condition.find(snapshot_end); at != std::string::npos) {
      condition.replace(at, snapshot_end.size(), std::to_string(end) + "::bigint");
    }
    std::string values;
    for (const std::uint64_t xid : xids)
      values += fmt::format("{}('{}'::xid)", values.empty() ? "" : ", ", xid % kWrap);
    std::vector<bool> matches;
    const std::string sql = "SELECT " + condition + " FROM (SELECT * FROM (VALUES " + values + ") v (xmin)) rows";
    for (const auto& row : Sql(dsn_, sql)) matches.push_back(row[0] == "t");
    return matches;
  }

  /// Transactions around every edge, and anywhere, that rows which the server still tells apart may have.
  std::vector<std::uint64_t> Candidates(std::uint64_t since, std::uint64_t next, std::uint64_t end) {
    const std::uint64_t oldest = std::max<std::uint64_t>(3, end > kWrap ? end - kWrap : 0);
    std::vector<std::uint64_t> xids;
    const auto add = [&](std::uint64_t xid) {
      if (xid >= oldest && xid < end && xid % kWrap >= 3) xids.push_back(xid);
    };
    for (const std::uint64_t edge : {since, next, end, oldest, next / kWrap * kWrap}) {
      for (std::uint64_t step = 0; step < 4; ++step) add(edge + step), add(edge - step);
    }
    for (int i = 0; i < 20; ++i) add(std::uniform_int_distribution(oldest, end)(random_));
    return xids;
  }

  void ExpectExact(std::uint64_t since, std::uint64_t next, std::uint64_t end) {
    const std::vector<std::uint64_t> xids = Candidates(since, next, end);
    const std::vector<bool> matches = Matches(since, next, end, xids);
    ASSERT_EQ(matches.size(), xids.size());
    for (std::size_t i = 0; i < xids.size(); ++i) {
      EXPECT_EQ(matches[i], since <= xids[i] && xids[i] < next)
          << xids[i] << " in " << since << " to " << next << " of " << end << ", seed " << seed_;
    }
  }

  const std::string dsn_ = FreshDatabase();
  const std::uint64_t seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
};

TEST_F(CommittedBetweenTest, IsExactFarFromTheWrap) {
  ExpectExact(0, 738, 738);
  ExpectExact(0, 738, 745);
  ExpectExact(700, 738, 745);
  ExpectExact(737, 738, 738);
}

TEST_F(CommittedBetweenTest, IsExactAcrossTheWrap) {
  ExpectExact(kWrap - 5, kWrap + 10, kWrap + 12);
  ExpectExact(kWrap - 10, kWrap - 5, kWrap + 12);
  ExpectExact(kWrap + 4, kWrap + 10, kWrap + 12);
  ExpectExact(3 * kWrap - 100, 3 * kWrap - 1, 3 * kWrap + 100);
  ExpectExact(3 * kWrap - 100, 3 * kWrap + 3, 3 * kWrap + 3);
}

TEST_F(CommittedBetweenTest, IsExactForEveryRangeOfUpToAWrap) {
  std::cout << "seed " << seed_ << "\n";
  const auto any = [&](std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution(low, high)(random_);
  };
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t next = any(4, 5 * kWrap);
    // A range below a snapshot whose transactions the server can still tell apart.
    const std::uint64_t end = next + (i % 2 == 0 ? any(0, 100) : any(0, kWrap / 2 - 10'000'000));
    const std::uint64_t width = i % 3 == 0 ? any(1, 1000) : any(1, kWrap - (end - next) - 1);
    ExpectExact(next > width + 3 ? next - width : 3, next, end);
  }
}

TEST_F(CommittedBetweenTest, FromTheBeginningEveryRowMatchesButThoseToCome) {
  for (const std::uint64_t next : {kWrap - 5, kWrap + 5, 3 * kWrap - 5, 3 * kWrap + 700}) {
    EXPECT_THAT(Matches(0, next, next + 20, {next - kWrap / 2 - 7, next - 1, next, next + 19}),
                ::testing::ElementsAre(true, true, false, false));
    EXPECT_THAT(Matches(0, next, next, {next - 1, next + 1}), ::testing::ElementsAre(true, true));
  }
}

TEST_F(CommittedBetweenTest, RowsOfTheBootstrapAreAtTheBeginningOnly) {
  EXPECT_THAT(Matches(0, 738, 745, {1, 2}), ::testing::ElementsAre(true, true));
  EXPECT_THAT(Matches(0, kWrap - 5, kWrap + 20, {1, 2}), ::testing::ElementsAre(true, true));
  EXPECT_THAT(Matches(kWrap - 5, kWrap + 10, kWrap + 20, {1, 2}), ::testing::ElementsAre(false, false));
}

TEST_F(CommittedBetweenTest, NothingIsInAnEmptyRange) {
  EXPECT_EQ(read::CommittedBetween({.xid = 738}, {.xid = 738}), "false");
  EXPECT_EQ(read::CommittedBetween({.xid = 739}, {.xid = 738}), "false");
}

}  // namespace
}  // namespace bxb::testing
