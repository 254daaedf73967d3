#include "write/lane.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <utility>

namespace bxb::write {
namespace {

// The host's signals are for the host's threads, but a fault must reach the host's handler from whichever thread
// it happens in.
sigset_t HostSignals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&signals, fault);
  return signals;
}

}  // namespace

// The new thread inherits the mask, so that no signal can come before it is set.
Lane::Lane(int number, BatchQueue& queue, Committer committer) : queue_(queue), committer_(std::move(committer)) {
  const sigset_t blocked = HostSignals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  thread_ = std::thread([this, number] { Run(number); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Lane::~Lane() { thread_.join(); }

void Lane::Run(int number) {
  pthread_setname_np(pthread_self(), ("bxb-lane-" + std::to_string(number)).c_str());
  while (auto batch = queue_.Take()) {
    Committer::Committed committed = committer_.Commit(*batch);
    queue_.Resolve(std::move(batch), std::move(committed.outcome), committed.effort);
    committer_.TidyUp();
  }
}

}  // namespace bxb::write
