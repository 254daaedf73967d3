#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "bxb/writer.h"
#include "chaos/findings.h"
#include "chaos/partition_days.h"

namespace bxb::chaos {

/// A thread that writes events of many days, most of them in batches that are worth a COPY straight into a partition,
/// and some of them again. Whatever is done to the partitions meanwhile, each must be stored at the first attempt.
class PartitionProducer {
 public:
  struct Settings {
    int id;
    std::uint64_t seed;
    EventWriter* home;
    EventWriter* other;  ///< for half of the batches with repetitions
    bool inserted_once;  ///< nobody may be told kInserted of the same event twice
  };

  /// What a producer knows of one of its events.
  struct Sent {
    absl::Time time;
    int stored = 0;    ///< how often kInserted or kDuplicate was told
    int inserted = 0;  ///< how often kInserted
  };

  PartitionProducer(const Settings& settings, const Days& days, Findings& findings);
  ~PartitionProducer() { Finish(); }
  PartitionProducer(const PartitionProducer&) = delete;
  PartitionProducer& operator=(const PartitionProducer&) = delete;

  /// Returns when all that was written is answered.
  void Finish();

  /// After Finish.
  int id() const { return settings_.id; }
  const std::vector<Sent>& sent() const { return sent_; }
  std::size_t repetitions() const { return repetitions_; }
  absl::Duration longest_call() const { return longest_call_; }

 private:
  using Numbers = std::vector<std::uint32_t>;

  void Run();
  Numbers Compose();
  int AnyDay();
  std::uint32_t Earlier();
  void Write(EventWriter& writer, const Numbers& numbers);
  void Take(std::uint32_t number, const Outcome& outcome);
  int Between(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }
  bool Chance(double share) { return std::bernoulli_distribution(share)(random_); }

  const Settings settings_;
  const Days& days_;
  Findings& findings_;
  std::mt19937_64 random_;
  std::vector<Sent> sent_;
  std::size_t repetitions_ = 0;
  absl::Duration longest_call_;
  std::atomic<bool> finish_ = false;
  std::thread thread_;
};

}  // namespace bxb::chaos
