#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "absl/functional/function_ref.h"
#include "pq/black_hole.h"
#include "write/writer_fixture.h"

namespace bxb {
namespace {

using absl::StatusCode;
using std::chrono::steady_clock;
using ::testing::AllOf;
using testing::BlackHole;
using testing::EphemeralPostgres;
using testing::EphemeralPostgresOptions;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Outcome::Kind;

/// A primary with a streaming standby, and verbs on writers that know both.
class FailoverTest : public ::testing::Test {
 protected:
  FailoverTest() : FailoverTest({}, {}) {}
  FailoverTest(EphemeralPostgresOptions primary, EphemeralPostgresOptions standby)
      : primary_(EphemeralPostgres::Start(std::move(primary)).value()),
        standby_(primary_->StartStandby("s1", std::move(standby)).value()) {}

  std::string Dsn(const std::string& hosts, const std::string& ports = "5432") const {
    return fmt::format("host={} port={} user=postgres dbname=postgres password=hush", hosts, ports);
  }

  std::unique_ptr<EventWriter> Open(const std::string& dsn, WriterOptions options = {}) {
    options.dsn = dsn;
    options.create_table = true;
    options.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_ += std::string(line) + "\n";
    };
    auto writer = EventWriter::Open(options);
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  std::string Log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  bool LogSays(std::string_view words) { return Log().find(words) != std::string::npos; }

  /// Writes events until the condition holds, and returns how many; none of them may be refused.
  int WriteUntil(EventWriter& writer, absl::FunctionRef<bool()> condition) {
    const auto deadline = pq::After(kLong);
    int written = 0;
    for (; !condition(); ++written) {
      const auto ticket = writer.Write(EventNamed("t" + std::to_string(written)));
      if (!ticket.ok() || steady_clock::now() >= deadline) ADD_FAILURE() << ticket.status() << "\n" << Log();
      if (!ticket.ok() || steady_clock::now() >= deadline) return written;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return written;
  }

  void MakeReadOnly(EphemeralPostgres& server, bool read_only) {
    const std::string setting = read_only ? "on" : "off";
    ASSERT_TRUE(server.Query("ALTER SYSTEM SET default_transaction_read_only = " + setting).ok());
    ASSERT_TRUE(server.Query("SELECT pg_reload_conf()").ok());
  }

  static std::vector<std::string> KeysOn(const EphemeralPostgres& server) {
    std::vector<std::string> keys;
    for (const auto& row : testing::Sql(server.dsn(), "SELECT transaction_id FROM events")) keys.push_back(*row[0]);
    std::ranges::sort(keys);
    return keys;
  }

  static int CountOn(const EphemeralPostgres& server) { return static_cast<int>(KeysOn(server).size()); }

  void ExpectOpenError(const std::string& dsn, StatusCode code, const ::testing::Matcher<std::string>& message) {
    const absl::Status status = EventWriter::Open({.dsn = dsn, .create_table = true}).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), AllOf(message, Not(HasSubstr("hush"))));
  }

  const std::unique_ptr<EphemeralPostgres> primary_;
  const std::unique_ptr<EphemeralPostgres> standby_;

 private:
  std::mutex mutex_;
  std::string log_;
};

TEST_F(FailoverTest, KeepsItsBatchesWhileTheOnlyPrimaryIsReadOnly) {
  auto writer = Open(Dsn(standby_->dir() + "," + primary_->dir()));
  MakeReadOnly(*primary_, true);
  const int written = WriteUntil(*writer, [&] { return LogSays("no host is writable"); });
  EXPECT_THAT(Log(), HasSubstr("read-only transaction [SQLSTATE 25006]"));
  const int before = CountOn(*primary_);
  EXPECT_LT(before, written);
  MakeReadOnly(*primary_, false);
  const FlushReport report = writer->Close(kLong);
  EXPECT_TRUE(report.all_stored()) << report;
  EXPECT_EQ(report.inserted, written);
  EXPECT_EQ(CountOn(*primary_), written);
}

TEST_F(FailoverTest, TakesItsBatchesToTheNewPrimaryWhereTheOldOneStaysReadOnly) {
  auto writer = Open(Dsn(primary_->dir() + "," + standby_->dir()));
  MakeReadOnly(*primary_, true);
  const int written = WriteUntil(*writer, [&] { return LogSays("no host is writable"); });
  ASSERT_TRUE(standby_->WaitForReplay(*primary_, kLong).ok());
  const int before = CountOn(*primary_);
  ASSERT_TRUE(standby_->Promote().ok());
  const FlushReport report = writer->Close(kLong);
  EXPECT_TRUE(report.all_stored()) << report;
  EXPECT_EQ(report.inserted, written);
  EXPECT_EQ(CountOn(*standby_), written);
  EXPECT_EQ(CountOn(*primary_), before);
}

TEST_F(FailoverTest, FindsTheHostsBehindOneThatNeverAnswersAtOpenAndAfterAFailover) {
  const BlackHole hole;
  const auto start = steady_clock::now();
  auto writer =
      Open(Dsn("127.0.0.1," + primary_->dir() + "," + standby_->dir(), fmt::format("{},5432,5432", hole.port())),
           {.lanes = 1, .connect_timeout = absl::Seconds(6)});
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(4));
  ASSERT_EQ(writer->WriteDurable(EventNamed("before"), kLong).kind, Kind::kInserted);
  ASSERT_TRUE(standby_->WaitForReplay(*primary_, kLong).ok());
  ASSERT_TRUE(primary_->Kill().ok());
  const auto during = writer->Write(EventNamed("during"));
  ASSERT_TRUE(during.ok()) << during.status();
  ASSERT_TRUE(standby_->Promote().ok());
  EXPECT_EQ(during->Wait(kLong).kind, Kind::kInserted);
  EXPECT_EQ(writer->WriteDurable(EventNamed("after"), kLong).kind, Kind::kInserted);
  EXPECT_EQ(KeysOn(*standby_), (std::vector<std::string>{"after", "before", "during"}));
}

TEST_F(FailoverTest, NamesEveryHostWithItsReasonWhereAllAreDown) {
  ASSERT_TRUE(primary_->Kill().ok());
  ASSERT_TRUE(standby_->Stop().ok());
  const auto reason = [](const EphemeralPostgres& server) {
    return HasSubstr(fmt::format("host \"{0}\" port 5432: connection to server on socket \"{0}/.s.PGSQL.5432\" failed",
                                 server.dir()));
  };
  ExpectOpenError(Dsn(primary_->dir() + "," + standby_->dir()), StatusCode::kUnavailable,
                  AllOf(HasSubstr("WriterOptions::dsn: host"), reason(*primary_), reason(*standby_)));
}

TEST_F(FailoverTest, SaysThatNoHostIsWritableWhereAllAreStandbys) {
  const auto other = primary_->StartStandby("s2");
  ASSERT_TRUE(other.ok()) << other.status();
  ExpectOpenError(Dsn(standby_->dir() + "," + (*other)->dir()), StatusCode::kUnavailable,
                  AllOf(HasSubstr("no host is writable: host \"" + standby_->dir()),
                        HasSubstr("; host \"" + (*other)->dir() + "\" port 5432: ")));
}

/// The primary waits for the standby's disk, and the standby, once promoted, for nobody's.
class SynchronousFailoverTest : public FailoverTest {
 protected:
  SynchronousFailoverTest()
      : FailoverTest({.settings = {{"synchronous_standby_names", "s1"}}},
                     {.settings = {{"synchronous_standby_names", ""}}}) {}

  /// Writes one event after the other; each must be acknowledged.
  void WriteAll(EventWriter& writer, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      const Outcome outcome = writer.WriteDurable(EventNamed(key), kLong);
      EXPECT_TRUE(outcome.stored()) << key << ": " << outcome;
      if (outcome.stored()) ++acknowledged_;
    }
  }

  void AwaitAcknowledgements(int count) {
    const auto deadline = pq::After(kLong);
    while (acknowledged_ < count && steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_GE(acknowledged_, count);
  }

  std::atomic<int> acknowledged_ = 0;
};

TEST_F(SynchronousFailoverTest, LosesAndDoublesNoAcknowledgedEventOfFourThreads) {
  constexpr int kThreads = 4, kEvents = 200;
  auto writer = Open(Dsn(primary_->dir() + "," + standby_->dir()));
  std::vector<std::string> all;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    std::vector<std::string> keys;
    for (int i = 0; i < kEvents; ++i) keys.push_back(fmt::format("{}_{}", t, i));
    all.insert(all.end(), keys.begin(), keys.end());
    threads.emplace_back([this, &writer, keys] { WriteAll(*writer, keys); });
  }
  AwaitAcknowledgements(kThreads * kEvents / 4);
  EXPECT_TRUE(primary_->Kill().ok());
  EXPECT_LT(acknowledged_, kThreads * kEvents);
  EXPECT_TRUE(standby_->Promote().ok());
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(all);
  EXPECT_EQ(KeysOn(*standby_), all);
}

}  // namespace
}  // namespace bxb
