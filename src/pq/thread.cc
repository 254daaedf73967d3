#include "pq/thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace bxb::pq {
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
std::thread StartThread(const std::string& name, std::function<void()> run) {
  const sigset_t blocked = HostSignals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  std::thread thread([name, run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace bxb::pq
