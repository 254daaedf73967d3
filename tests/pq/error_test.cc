#include "pq/error.h"

#include <gtest/gtest.h>

namespace bxb::pq {
namespace {

using absl::StatusCode;

// What a host may say; `answered` as Connection::Open finds it.
const HostFailure kDown = {"a", "1", absl::UnavailableError("Connection refused"), false};
const HostFailure kSilent = {"b", "2", absl::DeadlineExceededError("no answer"), true};
const HostFailure kStarting = {"c", "3", absl::UnavailableError("the database system is starting up"), true};
const HostFailure kNoUser = {"d", "4", absl::UnauthenticatedError("password authentication failed"), true};
const HostFailure kNoDatabase = {"e", "5", absl::NotFoundError("database \"x\" does not exist"), true};
const HostFailure kReadOnly = {"f", "6", absl::UnavailableError("session is read-only"), true};
const HostFailure kStandby = {"g", "7", absl::UnavailableError("server is in hot standby mode"), true};

TEST(ErrorFromHosts, HasTheCodeOnWhichTheHostsThatAnsweredAgree) {
  const std::pair<std::vector<HostFailure>, StatusCode> cases[] = {
      {{kDown, kDown}, StatusCode::kUnavailable},
      {{kSilent, kSilent}, StatusCode::kDeadlineExceeded},
      {{kDown, kSilent}, StatusCode::kUnavailable},
      {{kNoUser, kNoUser}, StatusCode::kUnauthenticated},
      {{kDown, kNoUser, kSilent}, StatusCode::kUnauthenticated},
      {{kStarting, kNoUser}, StatusCode::kUnavailable},
      {{kNoDatabase, kDown}, StatusCode::kNotFound},
      {{kNoDatabase, kNoUser}, StatusCode::kUnavailable},
      {{kReadOnly, kSilent}, StatusCode::kUnavailable},
  };
  for (const auto& [failures, code] : cases) {
    const absl::Status status = ErrorFromHosts(failures);
    EXPECT_EQ(status.code(), code) << status;
  }
}

TEST(ErrorFromHosts, NamesEveryHostWithItsReason) {
  EXPECT_EQ(ErrorFromHosts({kDown, kSilent}).message(),
            "host \"a\" port 1: Connection refused; host \"b\" port 2: no answer");
}

TEST(ErrorFromHosts, SaysThatNoHostIsWritableWhereAllSayTheyAreNot) {
  EXPECT_EQ(ErrorFromHosts({kReadOnly, kStandby}).message(),
            "no host is writable: host \"f\" port 6: session is read-only; host \"g\" port 7: server is in hot standby "
            "mode");
  EXPECT_EQ(ErrorFromHosts({kReadOnly, kDown}).message(),
            "host \"f\" port 6: session is read-only; host \"a\" port 1: Connection refused");
}

TEST(ErrorFromHosts, LeavesALonelyHostsReasonAsItIs) {
  EXPECT_EQ(ErrorFromHosts({kNoUser}), kNoUser.status);
  EXPECT_EQ(ErrorFromHosts({kSilent}), absl::DeadlineExceededError("connecting to \"b\": no answer"));
}

}  // namespace
}  // namespace bxb::pq
