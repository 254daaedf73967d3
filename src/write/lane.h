#pragma once

#include <thread>

#include "write/batch_queue.h"
#include "write/committer.h"

namespace bxb::write {

/// A thread, "bxb-lane-<number>", that commits one batch after the other until the queue is stopped. The
/// destructor waits for it; set the interrupt first to cut its last commit short.
class Lane {
 public:
  /// The queue must outlive the lane.
  Lane(int number, BatchQueue& queue, Committer committer);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

 private:
  void Run();

  BatchQueue& queue_;
  Committer committer_;
  std::thread thread_;
};

}  // namespace bxb::write
