#include "write/lane.h"

#include <string>
#include <utility>

#include "pq/thread.h"

namespace bxb::write {

Lane::Lane(int number, BatchQueue& queue, Committer committer)
    : queue_(queue),
      committer_(std::move(committer)),
      thread_(pq::StartThread("bxb-lane-" + std::to_string(number), [this] { Run(); })) {}

Lane::~Lane() { thread_.join(); }

void Lane::Run() {
  while (auto batch = queue_.Take()) {
    Committer::Committed committed = committer_.Commit(*batch);
    queue_.Resolve(std::move(batch), std::move(committed.outcome), committed.effort);
    committer_.TidyUp();
  }
}

}  // namespace bxb::write
