#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chaos/findings.h"
#include "chaos/partition_days.h"
#include "pq/connection.h"
#include "schema/partition_map.h"
#include "schema/table.h"

namespace bxb::chaos {

/// What all sessions that change partitions share. Thread-safe.
class PartitionChanges {
 public:
  void Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
    ++total_;
  }
  void CountFailure(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++failures_[what];
  }
  int total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

  /// A line for each kind of change, then for what has kept them from being made.
  std::string Table() const;

  /// Under this lock a session reads which partitions there are and puts the name of the one it chooses into `taken`:
  /// no other one renames or detaches it meanwhile.
  std::mutex choosing;
  std::set<std::string> taken;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
  std::map<std::string, int> failures_;
  int total_ = 0;
};

/// A session of somebody who does as they like with the partitions of the events table, one change after the other, but
/// loses none of its rows: what is detached comes back, and only what is empty is dropped.
class PartitionChanger {
 public:
  struct Settings {
    int id;
    std::uint64_t seed;
    std::string dsn;
    bool per_timestamp;  ///< the table has a unique index: rows that are moved back may be there already
  };

  PartitionChanger(const Settings& settings, const Days& days, PartitionChanges& changes, Findings& findings);
  ~PartitionChanger() { Finish(); }
  PartitionChanger(const PartitionChanger&) = delete;
  PartitionChanger& operator=(const PartitionChanger&) = delete;

  /// Returns when all that was detached is back.
  void Finish();

 private:
  struct Range {
    absl::Time from, to;
  };

  /// A daily partition that is this session's until the end of its change.
  struct Leaf {
    std::string name;
    Range range;
  };

  void Run();
  std::optional<Leaf> Choose(int first_day, int last_day);
  std::optional<Leaf> ChooseAny();
  std::optional<Leaf> ChooseEmpty();
  void Release(const Leaf& leaf);

  bool DetachAndAttach();
  bool DetachConcurrently();
  bool DetachAndDrop();
  bool Drop();
  bool Create();
  bool Rename();
  bool SwapNames();
  bool Split();
  bool Lock();

  bool FinishDetaching(const Leaf& leaf);
  void BringBack(const Leaf& leaf, std::int64_t rows);
  absl::Status Attach(const Leaf& leaf, std::int64_t rows);
  absl::Status Move(const Leaf& leaf);

  absl::StatusOr<pq::Rows> Sql(const std::string& sql);
  bool Do(const std::string& sql) { return Sql(sql).ok(); }
  void DoAtLast(const std::string& sql);
  void Pause(int most_milliseconds);
  int Between(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }
  std::string NewName() { return "events_s" + std::to_string(settings_.id) + "_" + std::to_string(++names_); }

  static constexpr int kLongAgo = -100'000;

  const Settings settings_;
  const Days& days_;
  PartitionChanges& changes_;
  Findings& findings_;
  std::mt19937_64 random_;
  pq::Connection connection_;
  schema::Table table_;
  std::string change_;
  int names_ = 0;
  std::atomic<bool> finish_ = false;
  std::thread thread_;
};

}  // namespace bxb::chaos
