#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "bxb/cluster.h"

namespace bxb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void ExpectRefused(const ClusterOptions& options, const ::testing::Matcher<std::string>& message) {
  const absl::Status status = Cluster::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(StartsWith("ClusterOptions::"), message, Not(HasSubstr("hush"))));
}

TEST(ClusterOptions, BoundTheInterval) {
  ExpectRefused({.check_interval = absl::Milliseconds(9)}, HasSubstr("check_interval is 9ms; it must be 10 ms"));
  ExpectRefused({.check_interval = absl::Seconds(61)}, HasSubstr("check_interval is 1m1s"));
  ExpectRefused({.check_interval = -absl::InfiniteDuration()}, HasSubstr("check_interval"));
}

TEST(ClusterOptions, BoundTheTimeout) {
  ExpectRefused({.check_timeout = absl::ZeroDuration()}, HasSubstr("check_timeout is 0; it must be 10 ms"));
  ExpectRefused({.check_timeout = absl::InfiniteDuration()}, HasSubstr("check_timeout is inf"));
}

TEST(ClusterOptions, NameTheServersOnce) {
  ExpectRefused({.dsn = "host=a", .endpoints = {{.dsn = "host=b"}}}, HasSubstr("dsn and endpoints are both given"));
}

TEST(ClusterOptions, HaveConnectionStringsThatCanBeRead) {
  ExpectRefused({.dsn = "hush"}, HasSubstr("dsn is not a connection string"));
  ExpectRefused({.endpoints = {{.dsn = "host=a"}, {.dsn = "postgresql://u:hush@[b"}}},
                HasSubstr("endpoints[1].dsn is not a connection string"));
}

TEST(ClusterOptions, HaveOneHostForEachEndpoint) {
  for (const std::string target : {"any", "prefer-standby"}) {
    ExpectRefused({.endpoints = {{.dsn = "host=a,b password=hush target_session_attrs=" + target}}},
                  HasSubstr("endpoints[0].dsn has several hosts"));
  }
}

template <class Printed>
std::string Text(const Printed& printed) {
  std::ostringstream out;
  out << printed;
  return out.str();
}

TEST(ClusterPrinting, OfAnEventIsOneLine) {
  using Kind = ClusterEvent::Kind;
  EXPECT_EQ(Text(ClusterEvent{.kind = Kind::kLost, .endpoint = "a:1", .detail = "no answer"}), "a:1 lost: no answer");
  EXPECT_EQ(Text(ClusterEvent{.kind = Kind::kBack, .endpoint = "a:1"}), "a:1 back");
  EXPECT_EQ(Name(Kind::kPromoted), "promoted");
  EXPECT_EQ(Name(Kind::kDemoted), "demoted");
  EXPECT_EQ(Name(Kind::kLeftBehind), "left behind");
  EXPECT_EQ(Name(Kind::kContested), "contested");
}

TEST(ClusterPrinting, OfASnapshotIsATable) {
  using Role = EndpointState::Role;
  const EndpointState primary = {.name = "a:5432",
                                 .label = "eu-west-1a",
                                 .role = Role::kPrimary,
                                 .healthy = true,
                                 .timeline = 2,
                                 .on_timeline = true,
                                 .position = {0x1'6B3748},
                                 .lag_bytes = 0,
                                 .lag = absl::ZeroDuration(),
                                 .latency = absl::Microseconds(123.4),
                                 .age = absl::Milliseconds(123.4)};
  EndpointState standby = primary;
  standby.name = "b:5432";
  standby.label = "";
  standby.role = Role::kStandby;
  standby.timeline = 1;
  standby.on_timeline = false;
  standby.lag_bytes.reset();
  standby.lag.reset();
  const EndpointState lost = {.name = "c:5432", .status = absl::UnavailableError("no answer")};
  EXPECT_EQ(Text(ClusterSnapshot{.endpoints = {primary, standby, lost}, .primary = 0, .timeline = 2}),
            "server               role    timeline  position       lag bytes       lag   latency       age  health\n"
            "a:5432 (eu-west-1a)  primary        2  0/16B3748              0         0     120us     123ms  ok\n"
            "b:5432               standby        1  0/16B3748              -         -     120us     123ms  on another "
            "timeline\n"
            "c:5432               unknown        0  0/0                    -         -       inf         -  lost: no "
            "answer\n");
}

TEST(ClusterPrinting, OfAContestedTimelineSaysSo) {
  EXPECT_THAT(Text(ClusterSnapshot{.timeline = 2, .contested = true}),
              ::testing::EndsWith("health\ntimeline 2 is contested: several servers have been primaries on it\n"));
}

}  // namespace
}  // namespace bxb
