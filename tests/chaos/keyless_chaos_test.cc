#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bxb/writer.h"
#include "chaos/cluster.h"
#include "chaos/findings.h"
#include "chaos/injector.h"
#include "chaos/seed.h"
#include "chaos/tally.h"
#include "chaos/tick.h"
#include "chaos/traffic.h"

namespace bxb::chaos {
namespace {

using Kind = Outcome::Kind;
using TickWriter = Writer<Tick>;

constexpr absl::Duration kPatience = absl::Seconds(90);

constexpr std::array kSchedule = {
    Injector::Share{Fault::kTerminateBackend, 8}, Injector::Share{Fault::kTerminateAllBackends, 3},
    Injector::Share{Fault::kCrashBackend, 1},     Injector::Share{Fault::kCrashServer, 3},
    Injector::Share{Fault::kFailOver, 2},         Injector::Share{Fault::kCutBeforeData, 6},
    Injector::Share{Fault::kCutInsideData, 6},    Injector::Share{Fault::kCutAfterEndMarker, 25},
    Injector::Share{Fault::kCutBeforeReply, 20},  Injector::Share{Fault::kCutEverything, 4},
    Injector::Share{Fault::kFreezeStandby, 2},    Injector::Share{Fault::kCrashPgBouncer, 4}};

/// A thread that writes numbered rows, each once, and remembers what it was told.
class TickProducer {
 public:
  TickProducer(std::int32_t id, TickWriter& writer) : id_(id), writer_(writer), thread_([this] { Run(); }) {}
  ~TickProducer() { Finish(); }
  TickProducer(const TickProducer&) = delete;
  TickProducer& operator=(const TickProducer&) = delete;

  void Finish() {
    finish_ = true;
    if (thread_.joinable()) thread_.join();
  }

  /// After Finish. Nobody may be left in doubt, since the ledger tells, and a row that was told to be in the table is
  /// there exactly once. `copies[n]` is how often row n is there.
  void Check(const std::vector<int>& copies, Findings& findings) const {
    for (std::size_t n = 0; n < told_.size(); ++n) {
      const int found = n < copies.size() ? copies[n] : 0;
      if (told_[n].kind == Kind::kInserted && found == 1) continue;
      std::ostringstream line;
      line << "tick " << id_ << "/" << n << " is there " << found << " times, told \"" << told_[n] << "\"";
      findings.Add(line.str());
    }
    if (copies.size() > told_.size()) findings.Add("rows that nobody wrote");
  }

  std::int32_t id() const { return id_; }

 private:
  static constexpr std::size_t kOutstanding = 300;
  static constexpr std::chrono::microseconds kInterval{250};

  void Run() {
    pthread_setname_np(pthread_self(), "ticks");
    for (std::int64_t number = 0; !finish_; ++number) {
      std::this_thread::sleep_for(kInterval);
      auto ticket = writer_.Write({.producer = id_, .number = number});
      while (absl::IsResourceExhausted(ticket.status())) ticket = writer_.Write({.producer = id_, .number = number});
      open_.push_back(*ticket);
      if (open_.size() > kOutstanding) TakeOne();
    }
    while (!open_.empty()) TakeOne();
  }

  void TakeOne() {
    told_.push_back(open_.front().Wait(kPatience));
    open_.pop_front();
  }

  const std::int32_t id_;
  TickWriter& writer_;
  std::deque<Ticket> open_;
  std::vector<Outcome> told_;
  std::atomic<bool> finish_ = false;
  std::thread thread_;
};

std::unique_ptr<TickWriter> Open(const std::string& dsn) { return TickWriter::Open(ChaosOptions(dsn)).value(); }

std::vector<int> CopiesOf(testing::EphemeralPostgres& server, std::int32_t producer) {
  const auto rows =
      server.Query("SELECT number, count(*) FROM ticks WHERE producer = " + std::to_string(producer) + " GROUP BY 1");
  std::vector<int> copies;
  for (const auto& row : rows.value()) {
    const auto number = std::stoull(*row[0]);
    if (number >= copies.size()) copies.resize(number + 1);
    copies[number] = std::stoi(*row[1]);
  }
  return copies;
}

TEST(KeylessChaos, LosesNothingAndCountsNothingTwice) {
  const std::uint64_t seed = Seed();
  auto cluster = Cluster::Start();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  ASSERT_TRUE((*cluster)->primary().Query(kCreateTicks).ok());
  const auto direct = Open((*cluster)->direct_dsn()), pooled = Open((*cluster)->pooled_dsn());
  TickProducer first(0, *direct), second(1, *pooled);

  Tally tally;
  Injector injector(**cluster,
                    {{.name = "direct", .stats = [&] { return direct->stats(); }},
                     {.name = "pooled", .stats = [&] { return pooled->stats(); }}},
                    seed, tally);
  const absl::Status broken = injector.Run(kSchedule, /*total=*/0);
  EXPECT_TRUE(broken.ok()) << broken;

  Findings findings;
  for (TickProducer* producer : {&first, &second}) {
    producer->Finish();
    producer->Check(CopiesOf((*cluster)->primary(), producer->id()), findings);
  }
  std::cerr << "      " << direct->stats() << "\n      " << pooled->stats() << "\n" << tally.Table();
  EXPECT_EQ(findings.count(), 0) << findings.Text();
}

}  // namespace
}  // namespace bxb::chaos
