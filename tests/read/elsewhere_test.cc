#include "read/elsewhere.h"

#include <gtest/gtest.h>

#include <string>

#include "bxb/internal/server_error.h"
#include "pq/sqlstate.h"

namespace bxb::read {
namespace {

absl::Status ServerSays(const std::string& sqlstate) {
  return internal::WithServerError(absl::Status(pq::StatusCodeFor(sqlstate), "words"), {.sqlstate = sqlstate});
}

struct Case {
  const char* sqlstate;
  bool on_primary;
  bool on_standby;
};

class Elsewhere : public ::testing::TestWithParam<Case> {};

TEST_P(Elsewhere, HelpsOrDoesNot) {
  const Case& expected = GetParam();
  EXPECT_EQ(ElsewhereHelps(ServerSays(expected.sqlstate), /*on_standby=*/false), expected.on_primary);
  EXPECT_EQ(ElsewhereHelps(ServerSays(expected.sqlstate), /*on_standby=*/true), expected.on_standby);
}

INSTANTIATE_TEST_SUITE_P(
    SqlState, Elsewhere,
    ::testing::Values(
        // Replay comes first; a statement_timeout or pg_cancel_backend on the primary is somebody's wish.
        Case{"40001", true, true}, Case{"40P01", true, true}, Case{"57014", false, true},
        // Gone, going or not there yet.
        Case{"57P01", true, true}, Case{"57P02", true, true}, Case{"57P03", true, true}, Case{"08006", true, true},
        // Full or damaged.
        Case{"53300", true, true}, Case{"53200", true, true}, Case{"53100", true, true}, Case{"58030", true, true},
        Case{"58P01", true, true}, Case{"XX001", true, true}, Case{"XX002", true, true},
        // The query's own fault.
        Case{"25006", false, false}, Case{"42601", false, false}, Case{"42P01", false, false},
        Case{"42501", false, false}, Case{"22012", false, false}, Case{"0A000", false, false},
        Case{"XX000", false, false}, Case{"P0001", false, false}, Case{"55P03", false, false}),
    [](const auto& tested) { return std::string(tested.param.sqlstate); });

TEST(ElsewhereWithoutTheServersWords, HelpsWhereTheServerCouldNotBeReached) {
  for (const bool standby : {false, true}) {
    EXPECT_TRUE(ElsewhereHelps(absl::UnavailableError("connection lost"), standby));
    EXPECT_TRUE(ElsewhereHelps(absl::CancelledError("the server is lost"), standby));
    EXPECT_TRUE(ElsewhereHelps(absl::DeadlineExceededError("no answer"), standby));
    EXPECT_FALSE(ElsewhereHelps(absl::UnauthenticatedError("wrong password"), standby));
    EXPECT_FALSE(ElsewhereHelps(absl::NotFoundError("no such database"), standby));
    EXPECT_FALSE(ElsewhereHelps(absl::InvalidArgumentError("a COPY"), standby));
  }
}

// idle_session_timeout has ended it while it was not needed.
TEST(ElsewhereWithLastWords, HelpsWhateverTheyWere) {
  EXPECT_TRUE(ElsewhereHelps(
      internal::WithServerError(absl::UnavailableError("idle-session timeout"), {.sqlstate = "57P05"}), false));
}

}  // namespace
}  // namespace bxb::read
