#include "write/backoff.h"

#include <algorithm>
#include <random>

#include "pq/wait.h"

namespace bxb::write {
namespace {

constexpr std::chrono::milliseconds kLongest{2000};
constexpr int kNoSocket = -1;

}  // namespace

absl::Status Backoff::Wait(pq::Deadline deadline, const pq::Interrupt& interrupt) {
  // Seeded when a lane first waits, not for each batch: a profile showed that.
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto share = std::uniform_int_distribution<long long>(1, bound_.count())(random);
  bound_ = std::min(bound_ * 2, kLongest);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(share);
  const absl::Status waited = pq::WaitForSocket(kNoSocket, 0, std::min(end, deadline), &interrupt);
  return absl::IsDeadlineExceeded(waited) && end < deadline ? absl::OkStatus() : waited;
}

}  // namespace bxb::write
