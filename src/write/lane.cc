#include "write/lane.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <utility>

namespace bxb::write {
namespace {

// The host's signals are for the host's threads.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Lane::Lane(int number, BatchQueue& queue, Committer committer)
    : queue_(queue), committer_(std::move(committer)), thread_([this, number] { Run(number); }) {}

Lane::~Lane() { thread_.join(); }

void Lane::Run(int number) {
  BlockSignals();
  pthread_setname_np(pthread_self(), ("bxb-lane-" + std::to_string(number)).c_str());
  while (auto batch = queue_.Take()) {
    Committer::Committed committed = committer_.Commit(*batch);
    queue_.Resolve(std::move(batch), std::move(committed.outcome), committed.effort);
  }
}

}  // namespace bxb::write
