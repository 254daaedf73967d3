// Reads of a primary and two standbys under write load, while these are paused, killed, hung and promoted.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "bxb/reader.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "chaos/findings.h"
#include "chaos/read_checker.h"
#include "chaos/read_stream.h"
#include "chaos/seed.h"
#include "support/sanitizers.h"
#include "support/sql.h"

namespace bxb::chaos {
namespace {

using testing::EphemeralPostgres;

// A sanitizer makes everything some ten times as slow.
constexpr std::uint64_t kLeastReads = kSanitized ? 8'000 : 55'000;
constexpr absl::Duration kLongest = absl::Seconds(kSanitized ? 10 : 2);
constexpr int kLeastFaults = 12;

class ReadChaosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Any one of the standbys has every acknowledged commit: so has the one that is promoted, if it is the first.
    primary_ = EphemeralPostgres::Start().value();
    standbys_ = {primary_->StartStandby("one").value(), primary_->StartStandby("two").value()};
    SetSynchronous(*primary_, "ANY 1 (one, two)");
    writer_ = EventWriter::Open({.dsn = AllHosts(), .create_table = true}).value();
    reader_ =
        Reader::Open({.endpoints = {{primary_->dsn(), "p"}, {standbys_[0]->dsn(), "a"}, {standbys_[1]->dsn(), "b"}},
                      .watch = {.check_interval = absl::Milliseconds(100),
                                .check_timeout = absl::Milliseconds(800),
                                .on_event = [](const ClusterEvent& event) { std::cerr << "  " << event << "\n"; }},
                      .sessions_per_endpoint = 8})
            .value();
  }

  std::string AllHosts() const {
    return "host=" + primary_->dir() + "," + standbys_[0]->dir() + "," + standbys_[1]->dir() +
           " user=postgres dbname=postgres";
  }

  static void SetSynchronous(EphemeralPostgres& server, const std::string& names) {
    testing::Sql(server.dsn(), "ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    testing::Sql(server.dsn(), "SELECT pg_reload_conf()");
  }

  void Pass(int least_ms, int most_ms) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(least_ms + static_cast<int>(random_() % (most_ms - least_ms))));
  }

  /// One fault on one standby, and its end.
  void DisturbAStandby(EphemeralPostgres& standby) {
    struct Fault {
      const char* name;
      absl::Status (EphemeralPostgres::*begin)();
      absl::Status (EphemeralPostgres::*end)();
    };
    static constexpr std::array<Fault, 3> kFaults = {
        {{"paused", &EphemeralPostgres::PauseReplay, &EphemeralPostgres::ResumeReplay},
         {"hung", &EphemeralPostgres::Freeze, &EphemeralPostgres::Thaw},
         {"killed", &EphemeralPostgres::Kill, &EphemeralPostgres::Restart}}};
    const Fault& fault = kFaults[faults_ % kFaults.size()];
    std::cerr << standby.dir() << " " << fault.name << "\n";
    ASSERT_TRUE((standby.*fault.begin)().ok());
    Pass(300, 1800);
    ASSERT_TRUE((standby.*fault.end)().ok());
    ++faults_;
    Pass(100, 500);
  }

  /// The primary goes for good; the standby that has more of its log takes its place, and the other one follows that.
  void PromoteTheFirst() {
    std::cerr << "the primary is killed\n";
    ASSERT_TRUE(primary_->Kill().ok());
    const char* received = "SELECT pg_last_wal_receive_lsn()";
    const auto position = [&](int i) { return *Lsn::Parse(testing::SqlValue(standbys_[i]->dsn(), received)); };
    if (position(0) < position(1)) std::swap(standbys_[0], standbys_[1]);
    // Before it may commit anything by itself.
    SetSynchronous(*standbys_[0], "ANY 1 (one, two)");
    ASSERT_TRUE(standbys_[0]->Promote().ok());
    const std::string name = testing::SqlValue(standbys_[1]->dsn(), "SELECT current_setting('cluster_name')");
    testing::Sql(standbys_[1]->dsn(),
                 "ALTER SYSTEM SET primary_conninfo = '" + standbys_[0]->dsn() + " application_name=" + name + "'");
    testing::Sql(standbys_[1]->dsn(), "SELECT pg_reload_conf()");
    ++faults_;
    Pass(1000, 2000);
  }

  void Tell(const ReadCounts& counts) const {
    std::cerr << faults_ << " faults; " << counts.with_token << " reads with a token, " << counts.with_staleness
              << " with a staleness bound, " << counts.going_on << " that went on; " << counts.retried
              << " took several attempts; the longest took " << counts.longest_us / 1000 << " ms\n"
              << reader_->cluster();
    const ReaderStats stats = reader_->stats();
    for (const auto& server : stats.servers) {
      std::cerr << server.endpoint << ": " << server.reads << " reads, " << server.retried << " failed attempts\n";
    }
    std::cerr << stats.waited << " waited, " << stats.to_primary << " went to the primary, " << stats.not_verified
              << " attempts were not confirmed\n";
  }

  const std::uint64_t seed_ = Seed();
  std::mt19937_64 random_{seed_};
  Findings findings_;
  std::unique_ptr<EphemeralPostgres> primary_;
  std::array<std::unique_ptr<EphemeralPostgres>, 2> standbys_;
  std::unique_ptr<EventWriter> writer_;
  std::unique_ptr<Reader> reader_;
  int faults_ = 0;
};

TEST_F(ReadChaosTest, NoReadGoesBackInTimeAndAllGoOn) {
  ReadCounts counts;
  {
    ReadStream first("first", *writer_, findings_), second("second", *writer_, findings_);
    std::array<std::unique_ptr<ReadChecker>, 4> checkers;
    for (std::size_t i = 0; i < checkers.size(); ++i) {
      checkers[i] = std::make_unique<ReadChecker>(seed_ + i, *reader_, i % 2 == 0 ? first : second, counts, findings_);
    }
    while (faults_ < kLeastFaults / 2) ASSERT_NO_FATAL_FAILURE(DisturbAStandby(*standbys_[random_() % 2]));
    ASSERT_NO_FATAL_FAILURE(PromoteTheFirst());
    // With one standby left, no commit could wait for it while that is disturbed.
    SetSynchronous(*standbys_[0], "");
    const absl::Time give_up = absl::Now() + absl::Minutes(4);
    while ((faults_ < kLeastFaults || counts.with_token < kLeastReads) && absl::Now() < give_up) {
      ASSERT_NO_FATAL_FAILURE(DisturbAStandby(*standbys_[1]));
    }
  }
  Tell(counts);
  EXPECT_EQ(findings_.count(), 0U) << findings_.Text();
  EXPECT_GE(counts.with_token, kLeastReads);
  EXPECT_GE(faults_, kLeastFaults);
  EXPECT_GT(counts.retried, 0U);
  EXPECT_LE(absl::Microseconds(counts.longest_us.load()), kLongest);
}

}  // namespace
}  // namespace bxb::chaos
