#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "pq/black_hole.h"
#include "pq/connection.h"
#include "support/shared_server.h"

namespace bxb::pq {
namespace {

using bxb::testing::BlackHole;
using bxb::testing::EphemeralPostgres;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Deadline Soon() { return After(absl::Seconds(30)); }

/// A primary and a standby, and a dsn that names both.
class OpenHost : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    primary = EphemeralPostgres::Start().value();
    standby = primary->StartStandby("s1").value();
  }

  static void TearDownTestSuite() {
    standby.reset();
    primary.reset();
  }

  static std::string Dsn(std::string_view target = "any") {
    return fmt::format("host={},{} user=postgres dbname=postgres target_session_attrs={}", primary->dir(),
                       standby->dir(), target);
  }

  /// Whether the host of that number is a standby: "t" or "f".
  static std::string IsStandby(const std::string& dsn, std::size_t host) {
    auto connection = Connection::OpenHost(dsn, EveryHostOf(dsn).at(host), "test", Soon(), nullptr);
    const auto rows = connection.ok() ? connection->Query("SELECT pg_is_in_recovery()", Soon()) : connection.status();
    return rows.ok() ? rows->at(0).at(0).value_or("NULL") : rows.status().ToString();
  }

  static inline std::unique_ptr<EphemeralPostgres> primary;
  static inline std::unique_ptr<EphemeralPostgres> standby;
};

TEST_F(OpenHost, TakesAnyHostWhateverTheDsnsTargetIs) {
  for (const char* const target : {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}) {
    EXPECT_EQ(IsStandby(Dsn(target), 0), "f") << target;
    EXPECT_EQ(IsStandby(Dsn(target), 1), "t") << target;
  }
}

TEST_F(OpenHost, TakesTheOnlyHostOfADsn) {
  EXPECT_EQ(IsStandby(standby->dsn() + " target_session_attrs=read-write", 0), "t");
}

TEST_F(OpenHost, GoesToNoOtherHost) {
  const std::string dsn = fmt::format("host=/nowhere/at-all,{} user=postgres password=hush", primary->dir());
  const auto connection = Connection::OpenHost(dsn, HostsOf(dsn).at(0), "test", Soon(), nullptr);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(connection.status().message()),
              AllOf(HasSubstr("/nowhere/at-all"), Not(HasSubstr(primary->dir())), Not(HasSubstr("hush"))));
}

TEST_F(OpenHost, GivesUpAtTheDeadline) {
  const BlackHole hole;
  const auto start = std::chrono::steady_clock::now();
  const auto connection = Connection::OpenHost(fmt::format("host=127.0.0.1 port={}", hole.port()), {}, "test",
                                               After(absl::Milliseconds(50)), nullptr);
  EXPECT_EQ(connection.status(),
            absl::DeadlineExceededError("connecting to \"127.0.0.1\": the server did not answer in time"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(OpenHost, IsInterrupted) {
  const BlackHole hole;
  Interrupt interrupt;
  interrupt.Set();
  const auto connection =
      Connection::OpenHost(fmt::format("host=127.0.0.1 port={}", hole.port()), {}, "test", Soon(), &interrupt);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(OpenHost, RefusesADsnThatCannotBeParsed) {
  EXPECT_EQ(Connection::OpenHost("hush", {}, "test", Soon(), nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(OpenHost, ShowsItsNameUnlessTheDsnHasOne) {
  auto connection = Connection::OpenHost(primary->dsn(), {}, "watcher", Soon(), nullptr).value();
  EXPECT_EQ(connection.Query("SHOW application_name", Soon())->at(0).at(0), "watcher");
  connection = Connection::OpenHost(primary->dsn() + " application_name=mine", {}, "watcher", Soon(), nullptr).value();
  EXPECT_EQ(connection.Query("SHOW application_name", Soon())->at(0).at(0), "mine");
}

}  // namespace
}  // namespace bxb::pq
