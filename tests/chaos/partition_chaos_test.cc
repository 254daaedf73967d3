#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bxb/partitions.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "bxb/writer.h"
#include "chaos/findings.h"
#include "chaos/partition_changer.h"
#include "chaos/partition_changes.h"
#include "chaos/partition_check.h"
#include "chaos/partition_days.h"
#include "chaos/partition_producer.h"
#include "chaos/seed.h"
#include "support/sql.h"

namespace bxb::chaos {
namespace {

constexpr int kProducers = 8;
constexpr int kLeastChanges = 100;
constexpr absl::Duration kTime = absl::Seconds(20);
constexpr absl::Duration kAtMost = absl::Seconds(120);

/// Looks after the table again and again, as a job of its owner does.
class Maintenance {
 public:
  Maintenance(std::string dsn, PartitionChanges& changes, Findings& findings)
      : dsn_(std::move(dsn)), changes_(changes), findings_(findings), thread_([this] { Run(); }) {}
  ~Maintenance() { Finish(); }

  void Finish() {
    finish_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    while (!finish_) {
      const auto report = MaintainPartitions(dsn_, "events", {});
      if (!report.ok()) findings_.Add("maintenance: " + report.status().ToString());
      if (report.ok() && !report->changes.empty()) changes_.Count("changed by maintenance");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  const std::string dsn_;
  PartitionChanges& changes_;
  Findings& findings_;
  std::atomic<bool> finish_ = false;
  std::thread thread_;
};

class PartitionChaos : public ::testing::Test {
 protected:
  void CreateTable(const std::string& constraint) {
    testing::Sql(dsn_,
                 "CREATE TABLE events (organization_id uuid NOT NULL, transaction_id text NOT NULL, "
                 "external_customer_id text NOT NULL, code text NOT NULL, timestamp timestamptz NOT NULL, properties "
                 "jsonb NOT NULL DEFAULT '{}', value float8, decimal_value numeric, created_at timestamptz NOT NULL "
                 "DEFAULT now()" +
                     constraint + ") PARTITION BY RANGE (timestamp)");
    for (int day = Days::kOldest; day <= Days::kNewest; ++day) CreateDay(day);
    CreateDay(Days::kAnchor);
  }

  void CreateKeyTable() {
    testing::Sql(dsn_,
                 "CREATE TABLE events_keys (organization_id uuid, transaction_id text, written_at timestamptz DEFAULT "
                 "now(), PRIMARY KEY (organization_id, transaction_id))");
  }

  /// The one sends what comes and knows its latest keys; the other fills batches and knows none.
  std::array<std::unique_ptr<EventWriter>, 2> OpenWriters() {
    WriterOptions options = {.dsn = dsn_, .lanes = 2, .dedup_cache_bytes = 256 << 10};
    options.partitions.oldest = options.partitions.newest = absl::InfiniteDuration();
    options.log = [](LogLevel level, std::string_view line) {
      if (level == LogLevel::kError) std::cerr << line << "\n";
    };
    auto prompt = EventWriter::Open(options).value();
    options.linger = absl::Milliseconds(20);
    options.dedup_cache_bytes = 0;
    return {std::move(prompt), EventWriter::Open(options).value()};
  }

  void Run(bool per_timestamp) {
    const auto writers = OpenWriters();
    PartitionProducers producers;
    for (int id = 0; id < kProducers; ++id) {
      producers.push_back(std::make_unique<PartitionProducer>(
          PartitionProducer::Settings{.id = id,
                                      .seed = seed_ + static_cast<std::uint64_t>(id),
                                      .home = writers[id % 2].get(),
                                      .other = writers[(id + 1) % 2].get(),
                                      .inserted_once = !per_timestamp},
          days_, findings_));
    }
    ChangePartitions(per_timestamp);
    for (const auto& producer : producers) producer->Finish();
    for (const auto& writer : writers) std::cerr << "      " << writer->stats() << "\n";
    Tell(producers);
    CheckEvents(dsn_, producers, findings_);
    CheckNothingIsLeft(dsn_, findings_);
  }

  /// The table is whole again when it returns.
  void ChangePartitions(bool per_timestamp) {
    const absl::Time start = absl::Now();
    PartitionChanger one({.id = 1, .seed = seed_ + 101, .dsn = dsn_, .per_timestamp = per_timestamp}, days_, changes_,
                         findings_);
    PartitionChanger other({.id = 2, .seed = seed_ + 102, .dsn = dsn_, .per_timestamp = per_timestamp}, days_, changes_,
                           findings_);
    Maintenance maintenance(dsn_, changes_, findings_);
    const auto enough = [&] { return absl::Now() - start > kTime && changes_.total() >= kLeastChanges; };
    while (!enough() && absl::Now() - start < kAtMost) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    one.Finish();
    other.Finish();
    maintenance.Finish();
    EXPECT_GE(changes_.total(), kLeastChanges);
  }

  void Tell(const PartitionProducers& producers) const {
    std::size_t events = 0, repetitions = 0;
    absl::Duration longest;
    for (const auto& producer : producers) {
      events += producer->sent().size();
      repetitions += producer->repetitions();
      longest = std::max(longest, producer->longest_call());
    }
    std::cerr << changes_.Table() << events << " events, " << repetitions << " of them again; the longest call took "
              << longest << "\n";
  }

  void CreateDay(int day) {
    testing::Sql(dsn_, "CREATE TABLE events_d" + std::to_string(day + 1000) + " PARTITION OF events " +
                           Days::BoundsSql(days_.StartOf(day), days_.StartOf(day + 1)));
  }

  const std::uint64_t seed_ = Seed();
  const Days days_;
  // Sessions that change tables and those that write meet in deadlocks: a second for each would be most of the time.
  const std::unique_ptr<testing::EphemeralPostgres> server_ =
      testing::EphemeralPostgres::Start({.settings = {{"deadlock_timeout", "100ms"}}}).value();
  const std::string dsn_ = server_->dsn();
  PartitionChanges changes_;
  Findings findings_;
};

TEST_F(PartitionChaos, LosesAndDoublesNothingPerTimestamp) {
  CreateTable(", UNIQUE (organization_id, transaction_id, timestamp)");
  Run(/*per_timestamp=*/true);
  EXPECT_EQ(findings_.count(), 0) << findings_.Text();
}

TEST_F(PartitionChaos, LosesAndDoublesNothingGlobally) {
  CreateTable("");
  CreateKeyTable();
  Run(/*per_timestamp=*/false);
  CheckKeys(dsn_, findings_);
  EXPECT_EQ(findings_.count(), 0) << findings_.Text();
}

}  // namespace
}  // namespace bxb::chaos
