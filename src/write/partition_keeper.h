#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "bxb/writer_options.h"
#include "pq/interrupt.h"
#include "write/partitions.h"

namespace bxb::write {

/// A thread, "bxb-partitions", that looks after the partitions of a writer's table: soon after Open, and every few
/// minutes from then on. It creates what is missing ahead, takes away what is too old, and reads the map anew. Each
/// round has a connection of its own, so that none is held between them. The destructor waits for it; set the
/// interrupt first to cut a round short.
class PartitionKeeper {
 public:
  struct Settings {
    std::string dsn;
    std::string application_name;
    absl::Duration connect_timeout;
    LogHook log;
  };

  /// The references must outlive the keeper.
  PartitionKeeper(const Settings& settings, Partitions& partitions, const pq::Interrupt& interrupt);
  ~PartitionKeeper();
  PartitionKeeper(const PartitionKeeper&) = delete;
  PartitionKeeper& operator=(const PartitionKeeper&) = delete;

 private:
  void Run();
  absl::Status Round();
  void Tell(const std::vector<std::string>& notes);
  void Log(LogLevel level, const std::string& line) const;

  const Settings settings_;
  Partitions& partitions_;
  const pq::Interrupt& interrupt_;

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  std::vector<std::string> told_;  ///< the last round's notes
  std::thread thread_;
};

}  // namespace bxb::write
