#include "chaos/partition_producer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "chaos/usage.h"

namespace bxb::chaos {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr int kLongestPause = 200;         // ms
constexpr double kRepeatingBatches = 0.3;  // a batch with a repetition is merged, through the root
constexpr double kRepeatedThere = 0.33;
constexpr int kRecent = 1000;  // most repetitions are of so many latest events

Event EventOf(int producer, std::uint32_t number, const std::string& transaction, absl::Time time) {
  return {.organization_id = Usage::Organization(producer),
          .transaction_id = transaction,
          .external_customer_id = "cust_7",
          .code = "api_calls",
          .timestamp = time,
          .properties = "{}",
          .value = static_cast<double>(number),
          .decimal_value = std::nullopt};
}

}  // namespace

PartitionProducer::PartitionProducer(const Settings& settings, const Days& days, Findings& findings)
    : settings_(settings), days_(days), findings_(findings), random_(settings.seed), thread_([this] { Run(); }) {}

void PartitionProducer::Finish() {
  finish_ = true;
  if (thread_.joinable()) thread_.join();
}

void PartitionProducer::Run() {
  pthread_setname_np(pthread_self(), ("producer-" + std::to_string(settings_.id)).c_str());
  while (!finish_) {
    const Numbers numbers = Compose();
    Write(Chance(0.3) ? *settings_.other : *settings_.home, numbers);
    std::this_thread::sleep_for(std::chrono::milliseconds(Between(0, kLongestPause)));
  }
}

// New events, of one day or of many, with repetitions among them.
PartitionProducer::Numbers PartitionProducer::Compose() {
  const int size = Chance(0.1) ? 1 : Chance(0.4) ? Between(2, 50) : Between(256, 600);
  const bool one_day = Chance(0.7);
  const double repeated = Chance(kRepeatingBatches) ? kRepeatedThere : 0;
  Numbers numbers;
  for (int i = 0, day = AnyDay(); i < size; ++i) {
    if (!one_day) day = AnyDay();
    const auto number = static_cast<std::uint32_t>(sent_.size());
    sent_.push_back({.time = days_.StartOf(day) + absl::Milliseconds(number)});
    numbers.push_back(number);
    if (!Chance(repeated)) continue;
    numbers.push_back(Earlier());
    ++repetitions_;
  }
  return numbers;
}

int PartitionProducer::AnyDay() {
  if (Chance(0.1)) return days_.AnyLate(random_);
  return Chance(0.5) ? Days::kHot : Between(Days::kOldest, Days::kNewest);
}

std::uint32_t PartitionProducer::Earlier() {
  const int last = static_cast<int>(sent_.size()) - 1;
  return static_cast<std::uint32_t>(Between(Chance(0.8) ? std::max(0, last - kRecent) : 0, last));
}

void PartitionProducer::Write(EventWriter& writer, const Numbers& numbers) {
  std::vector<std::string> transactions;
  for (const std::uint32_t number : numbers) transactions.push_back(Usage::TransactionId(number));
  std::vector<Event> events;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    events.push_back(EventOf(settings_.id, numbers[i], transactions[i], sent_[numbers[i]].time));
  }
  const absl::Time start = absl::Now();
  const auto outcomes = writer.WriteBatch(events, kPatience);
  longest_call_ = std::max(longest_call_, absl::Now() - start);
  for (std::size_t i = 0; i < numbers.size(); ++i) Take(numbers[i], outcomes[i]);
}

void PartitionProducer::Take(std::uint32_t number, const Outcome& outcome) {
  Sent& sent = sent_[number];
  sent.stored += outcome.stored() ? 1 : 0;
  sent.inserted += outcome.kind == Outcome::Kind::kInserted ? 1 : 0;
  const bool twice = settings_.inserted_once && outcome.kind == Outcome::Kind::kInserted && sent.inserted > 1;
  if (outcome.stored() && !twice && !outcome.payload_differed.value_or(false)) return;
  std::ostringstream told;
  told << outcome;
  findings_.Add(fmt::format("event {}/{} of day {} was told \"{}\"{}", settings_.id, number, days_.Of(sent.time),
                            told.str(), twice ? " twice" : ""));
}

}  // namespace bxb::chaos
