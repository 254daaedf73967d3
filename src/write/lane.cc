#include "write/lane.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace bxb::write {

Lane::Lane(int number, BatchQueue& queue, Committer committer)
    : queue_(queue), committer_(std::move(committer)), thread_([this, number] { Run(number); }) {}

Lane::~Lane() { thread_.join(); }

void Lane::Run(int number) {
  pthread_setname_np(pthread_self(), ("bxb-lane-" + std::to_string(number)).c_str());
  while (auto batch = queue_.Take()) {
    Committer::Committed committed = committer_.Commit(*batch);
    queue_.Resolve(std::move(batch), std::move(committed.outcome), committed.effort);
  }
}

}  // namespace bxb::write
