#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "chaos/findings.h"
#include "chaos/partition_changes.h"
#include "chaos/partition_days.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::chaos {

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
  void Run();
  std::vector<Leaf> Leaves(int first_day, int last_day);
  std::optional<Leaf> Choose(int first_day, int last_day);
  std::optional<Leaf> ChooseAny();
  std::optional<Leaf> ChooseEmpty();
  void Release(const Leaf& leaf) { changes_.Release(leaf); }

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
  pq::Rows SqlAtLast(const std::string& sql);
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
