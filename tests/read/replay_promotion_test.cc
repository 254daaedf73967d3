// Whether a position still means the same behind a promotion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "bxb/testing/ephemeral_postgres.h"
#include "read/replay_support.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// An old primary that went on after its standby was cut off, and the standby, now a primary on timeline 2.
class Promotion : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    old_primary = EphemeralPostgres::Start().value();
    Sql(old_primary->dsn(), std::string(kMarks) +
                                "; CREATE ROLE plain LOGIN; CREATE ROLE granted LOGIN; "
                                "GRANT EXECUTE ON FUNCTION pg_read_file(text, bigint, bigint, boolean) TO granted");
    new_primary = old_primary->StartStandby("s1").value();
    Sql(old_primary->dsn(), "INSERT INTO marks VALUES (1)");
    ASSERT_TRUE(new_primary->WaitForReplay(*old_primary, absl::Seconds(30)).ok());
    before = Now(*old_primary);
    on_standby = Now(*new_primary);

    ASSERT_TRUE(new_primary->Stop().ok());
    Sql(old_primary->dsn(), "INSERT INTO marks VALUES (2)");
    beyond = Now(*old_primary);
    ASSERT_TRUE(old_primary->Stop().ok());
    ASSERT_TRUE(new_primary->Restart().ok());
    ASSERT_TRUE(new_primary->Promote().ok());
    Sql(new_primary->dsn(), "INSERT INTO marks VALUES (3)");
  }

  static void TearDownTestSuite() {
    new_primary.reset();
    old_primary.reset();
  }

  static ReplayPosition Now(const EphemeralPostgres& server) {
    pq::Connection connection = Connect(server.dsn());
    return read::ReplayPositionNow(connection, 1, Soon()).value();
  }

  static absl::Status Check(const ReplayPosition& since, std::uint32_t timeline = 2, std::optional<Lsn> common = {},
                            const std::string& user = "postgres") {
    pq::Connection connection = Connect(new_primary->dsn() + " user=" + user);
    connection.Query("BEGIN", Soon()).value();
    absl::Status continues = read::CheckContinues(connection, since, timeline, common, Soon());
    EXPECT_TRUE(connection.Query("SELECT 1", Soon()).ok()) << "the caller's transaction can go on";
    return continues;
  }

  static inline std::unique_ptr<EphemeralPostgres> old_primary;
  static inline std::unique_ptr<EphemeralPostgres> new_primary;
  static inline ReplayPosition before;
  static inline ReplayPosition on_standby;
  static inline ReplayPosition beyond;
};

TEST_F(Promotion, APositionFromBeforeGoesOn) {
  EXPECT_EQ(Check(before), absl::OkStatus());
  EXPECT_EQ(Check(on_standby), absl::OkStatus());
  EXPECT_EQ(Check(before, 2, {}, "granted"), absl::OkStatus());
}

TEST_F(Promotion, APositionFromBehindThePartingIsRefused) {
  const absl::Status refused = Check(beyond);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("timeline 1"), HasSubstr("timeline 2"), HasSubstr("parted at 0/")));
}

// The number of the transaction that the old primary has committed was given out again.
TEST_F(Promotion, ThatPositionWouldHaveMissedARow) {
  pq::Connection connection = Connect(new_primary->dsn());
  const auto next = read::ReplayPositionNow(connection, 2, Soon()).value();
  const auto found = [&](const ReplayPosition& since) {
    return SqlValue(new_primary->dsn(),
                    "SELECT count(*) FROM marks WHERE id = 3 AND " + read::CommittedBetween(since, next));
  };
  EXPECT_EQ(found(before), "1");
  EXPECT_EQ(found(beyond), "0");
}

TEST_F(Promotion, ACommonPositionIsEnoughWithoutTheHistory) {
  EXPECT_EQ(Check(before, 2, before.lsn, "plain"), absl::OkStatus());
}

TEST_F(Promotion, ARoleThatMayNotReadTheHistoryIsToldWhatItNeeds) {
  for (const std::optional<Lsn> common : {std::optional<Lsn>(), std::optional(Lsn{before.lsn.value - 1})}) {
    const absl::Status refused = Check(before, 2, common, "plain");
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(refused.message()), HasSubstr("pg_read_file(text, bigint, bigint, boolean)"));
  }
}

TEST_F(Promotion, TheSameTimelineGoesOn) {
  EXPECT_EQ(Check({.xid = 999'999, .timeline = 2, .lsn = Lsn{~std::uint64_t{0}}}, 2, {}, "plain"), absl::OkStatus());
}

TEST_F(Promotion, TheVeryBeginningGoesOn) { EXPECT_EQ(Check({}, 2, {}, "plain"), absl::OkStatus()); }

TEST_F(Promotion, AServerOfAnOlderTimelineIsUnavailable) {
  const absl::Status behind = Check({.xid = 738, .timeline = 3, .lsn = before.lsn});
  EXPECT_EQ(behind.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(behind.message()), AllOf(HasSubstr("timeline 3"), HasSubstr("timeline 2")));
}

TEST_F(Promotion, ATimelineWithoutHistoryIsRefused) {
  const absl::Status refused = Check(before, 5);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("00000005.history"));
}

TEST_F(Promotion, APositionWithoutTimelineIsRefused) {
  const absl::Status refused = Check({.xid = 738, .timeline = 0, .lsn = before.lsn});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
}

// The parting is that of the position's own timeline, whatever came after it.
TEST_F(Promotion, PositionsGoOnOverTwoPromotions) {
  const auto third = new_primary->StartStandby("s2").value();
  ASSERT_TRUE(third->WaitForReplay(*new_primary, absl::Seconds(30)).ok());
  ASSERT_TRUE(third->Promote().ok());
  pq::Connection connection = Connect(third->dsn());
  EXPECT_EQ(read::CheckContinues(connection, before, 3, {}, Soon()), absl::OkStatus());
  EXPECT_EQ(read::CheckContinues(connection, beyond, 3, {}, Soon()).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace bxb::testing
