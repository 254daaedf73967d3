#include "chaos/read_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace bxb::chaos {

ReadStream::ReadStream(std::string customer, EventWriter& writer, Findings& findings)
    : customer_(std::move(customer)), writer_(writer), findings_(findings), thread_([this] { Run(); }) {}

ReadStream::~ReadStream() {
  stopped_ = true;
  thread_.join();
}

Outcome ReadStream::Write(std::int64_t number) {
  const std::string name = customer_ + "-" + std::to_string(number);
  return writer_.WriteDurable({.organization_id = *Uuid::Parse("0783aa7a-d953-5f66-aac9-945daa57d5b5"),
                               .transaction_id = name,
                               .external_customer_id = customer_,
                               .code = "read_chaos",
                               .timestamp = absl::FromUnixSeconds(1'700'000'000 + number),
                               .value = static_cast<double>(number)},
                              absl::Minutes(1));
}

void ReadStream::Run() {
  for (std::int64_t number = 1; !stopped_; ++number) {
    const Outcome outcome = Write(number);
    if (!outcome.stored()) return findings_.Add("an event was not stored: " + std::string(outcome.status.message()));
    const std::lock_guard lock(mutex_);
    acknowledged_.push_back(std::chrono::steady_clock::now());
    last_ = {number, outcome.token()};
  }
}

ReadStream::Written ReadStream::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::int64_t ReadStream::AcknowledgedBy(SteadyTime time) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::upper_bound(acknowledged_, time) - acknowledged_.begin();
}

}  // namespace bxb::chaos
