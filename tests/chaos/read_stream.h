#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bxb/read_token.h"
#include "bxb/writer.h"
#include "chaos/findings.h"

namespace bxb::chaos {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Writes events one after the other, each when the one before it is acknowledged, and remembers when that was. The
/// event's value is its number, from 1.
class ReadStream {
 public:
  ReadStream(std::string customer, EventWriter& writer, Findings& findings);
  ~ReadStream();

  /// The last event that was acknowledged, and what a read must ask for to see it; number 0: none yet.
  struct Written {
    std::int64_t number = 0;
    ReadToken token = {};
  };
  Written last() const;

  /// The last event that was acknowledged by then.
  std::int64_t AcknowledgedBy(SteadyTime time) const;

  const std::string& customer() const { return customer_; }

 private:
  void Run();
  Outcome Write(std::int64_t number);

  const std::string customer_;
  EventWriter& writer_;
  Findings& findings_;
  std::atomic<bool> stopped_ = false;

  mutable std::mutex mutex_;
  std::vector<SteadyTime> acknowledged_;  ///< by number, less one
  Written last_;
  std::thread thread_;
};

}  // namespace bxb::chaos
