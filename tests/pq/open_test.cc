#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "pq/black_hole.h"
#include "pq/connection.h"
#include "support/shared_server.h"

namespace bxb::pq {
namespace {

using bxb::testing::BlackHole;
using bxb::testing::EphemeralPostgres;
using bxb::testing::SharedServer;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Deadline Soon() { return After(absl::Seconds(30)); }

absl::StatusOr<Connection> Open(const std::string& dsn, Deadline deadline = Soon(), Target target = Target::kAny) {
  return Connection::Open(dsn + " user=postgres dbname=postgres password=hush", "test", deadline, nullptr, target);
}

void ExpectError(const absl::Status& status, absl::StatusCode code, const ::testing::Matcher<std::string>& message) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(message, Not(HasSubstr("hush"))));
}

TEST(Open, GoesOnToTheNextHostWhereOneRefuses) {
  const auto connection = Open("host=/nowhere/at-all," + SharedServer().dir());
  EXPECT_TRUE(connection.ok()) << connection.status();
}

TEST(Open, GivesAHostThatNeverAnswersItsShareOfTheTimeOnly) {
  const BlackHole hole;
  const auto start = steady_clock::now();
  const auto connection =
      Open(fmt::format("host=127.0.0.1,{} port={},5432", SharedServer().dir(), hole.port()), After(absl::Seconds(2)));
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_GE(steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Open, GoesOnToTheNextHostWhereOneRefusesTheUser) {
  auto strict =
      EphemeralPostgres::Start({.hba = "local all all trust\nhost all all all scram-sha-256\n", .listen_tcp = true});
  ASSERT_TRUE(strict.ok()) << strict.status();
  const std::string ports = fmt::format(" port={}", (*strict)->tcp_port());
  const auto connection = Open("host=127.0.0.1," + (*strict)->dir() + ports);
  EXPECT_TRUE(connection.ok()) << connection.status();
  ExpectError(Open("host=127.0.0.1,/nowhere/at-all" + ports).status(), absl::StatusCode::kUnauthenticated,
              AllOf(StartsWith(fmt::format("host \"127.0.0.1\" port {}: ", (*strict)->tcp_port())),
                    HasSubstr("password authentication failed"), HasSubstr("; host \"/nowhere/at-all\" port ")));
}

TEST(Open, NamesEveryHostThatTimedOut) {
  const BlackHole one, other;
  const auto connection =
      Open(fmt::format("host=127.0.0.1,127.0.0.1 port={},{}", one.port(), other.port()), After(absl::Milliseconds(50)));
  ExpectError(connection.status(), absl::StatusCode::kDeadlineExceeded,
              fmt::format("host \"127.0.0.1\" port {}: the server did not answer in time; host \"127.0.0.1\" port {}: "
                          "the server did not answer in time",
                          one.port(), other.port()));
}

TEST(Open, SaysWhatALonelyHostSays) {
  const BlackHole hole;
  ExpectError(Open(fmt::format("host=127.0.0.1 port={}", hole.port()), After(absl::Milliseconds(50))).status(),
              absl::StatusCode::kDeadlineExceeded, "connecting to \"127.0.0.1\": the server did not answer in time");
  ExpectError(Open("host=/nowhere/at-all").status(), absl::StatusCode::kUnavailable,
              StartsWith("connection to server on socket \"/nowhere/at-all/.s.PGSQL.5432\" failed: "));
}

TEST(Open, LeavesListsThatDoNotMatchToLibpq) {
  ExpectError(Open("host=a,b port=1,2,3").status(), absl::StatusCode::kUnavailable,
              "could not match 3 port numbers to 2 hosts");
}

TEST(Open, SaysThatNoHostIsWritable) {
  const std::string dir = SharedServer().dir();
  const std::string dsn = "host=" + dir + "," + dir + " options='-c default_transaction_read_only=on'";
  EXPECT_TRUE(Open(dsn).ok());
  EXPECT_TRUE(Open(dsn + " target_session_attrs=any", Soon(), Target::kWritable).ok());
  ExpectError(Open(dsn, Soon(), Target::kWritable).status(), absl::StatusCode::kUnavailable,
              AllOf(StartsWith("no host is writable: host \"" + dir + "\" port 5432: "),
                    HasSubstr("session is read-only; host \""), ::testing::EndsWith("session is read-only")));
}

TEST(Open, IsInterruptedAtAnyHost) {
  const BlackHole hole;
  Interrupt interrupt;
  interrupt.Set();
  const auto connection =
      Connection::Open(fmt::format("host=127.0.0.1,{} port={},5432 user=postgres", SharedServer().dir(), hole.port()),
                       "test", Soon(), &interrupt);
  ExpectError(connection.status(), absl::StatusCode::kCancelled,
              "connecting to \"127.0.0.1\": the connection was interrupted");
}

// A connection's own socket, as the tests see it from outside.
class TcpSocket {
 public:
  explicit TcpSocket(int port) {
    for (fd_ = 0; fd_ < FD_SETSIZE; ++fd_) {
      sockaddr_in peer = {};
      socklen_t size = sizeof peer;
      const bool known = getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
      if (known && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) return;
    }
    ADD_FAILURE() << "no connection to port " << port;
  }

  int Option(int name) const {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(fd_, IPPROTO_TCP, name, &value, &size), 0);
    return value;
  }

  /// Nothing arrives any more, not even an acknowledgement: the other host seems to have vanished.
  void DropWhatArrives() const {
    sock_filter drop = {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
    const sock_fprog program = {.len = 1, .filter = &drop};
    EXPECT_EQ(setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  }

 private:
  int fd_ = -1;
};

EphemeralPostgres& TcpServer() {
  static const auto server = EphemeralPostgres::Start({.listen_tcp = true}).value();
  return *server;
}

TEST(Open, AsksTheKernelToNoticeAVanishedHostInAboutTenSecondsUnlessTheDsnSaysOtherwise) {
  const auto quick = Open(TcpServer().tcp_dsn());
  const TcpSocket socket(TcpServer().tcp_port());
  EXPECT_EQ(socket.Option(TCP_KEEPIDLE), 5);
  EXPECT_EQ(socket.Option(TCP_KEEPINTVL), 2);
  EXPECT_EQ(socket.Option(TCP_KEEPCNT), 3);
  EXPECT_EQ(socket.Option(TCP_USER_TIMEOUT), 10'000);
}

TEST(Open, LetsTheDsnSetHowSoonAVanishedHostIsNoticed) {
  auto connection =
      Open(TcpServer().tcp_dsn() + " keepalives_idle=1 keepalives_interval=1 keepalives_count=1 tcp_user_timeout=1000");
  ASSERT_TRUE(connection.ok()) << connection.status();
  const TcpSocket socket(TcpServer().tcp_port());
  EXPECT_EQ(socket.Option(TCP_USER_TIMEOUT), 1000);
  socket.DropWhatArrives();
  const auto start = steady_clock::now();
  EXPECT_EQ(connection->Query("SELECT 1", Soon()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(connection->lost());
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace bxb::pq
