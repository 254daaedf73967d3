#include "chaos/producer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <sstream>

#include "bxb/status.h"

namespace bxb::chaos {
namespace {

using Kind = Outcome::Kind;

constexpr double kSpamShare = 0.001;
constexpr double kRepeatedShare = 0.1;
constexpr double kAtOnceShare = 0.4;       // of the repetitions
constexpr double kOtherShare = 0.33;       // of the repetitions
constexpr std::uint32_t kLatest = 20'000;  // a repetition comes at most so many events later
constexpr std::chrono::milliseconds kIdle{50};

// The reasons for which docs/delivery.md says that writing the event again helps.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

bool IsSpamRefused(const Outcome& outcome) {
  return outcome.kind == Kind::kRejected && absl::IsInvalidArgument(outcome.status) &&
         SqlStateOf(outcome.status) == "23514";
}

}  // namespace

Producer::Producer(const Settings& settings, Findings& findings)
    : settings_(settings), findings_(findings), random_(settings.seed), thread_([this] { Run(); }) {}

Producer::~Producer() { Stop(); }

void Producer::Stop() {
  {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->stop = true;
  }
  mailbox_->changed.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Producer::Finish() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->finish = true;
}

bool Producer::AwaitEnd(absl::Duration timeout) {
  std::unique_lock lock(mailbox_->mutex);
  return mailbox_->changed.wait_for(lock, absl::ToChronoMilliseconds(timeout), [this] { return mailbox_->ended; });
}

void Producer::Run() {
  pthread_setname_np(pthread_self(), ("producer-" + std::to_string(settings_.id)).c_str());
  while (Step()) {
  }
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->ended = true;
  mailbox_->changed.notify_all();
}

bool Producer::Step() {
  const auto [finish, stop] = [this] {
    const std::lock_guard lock(mailbox_->mutex);
    return std::pair(mailbox_->finish, mailbox_->stop);
  }();
  SendDue(finish);
  while (!finish && SendNew()) {
  }
  if (stop || (finish && outstanding_ == 0 && again_.empty() && repetitions_.empty())) return false;
  for (const Answer& answer : AwaitAnswers(finish ? Clock::now() + kIdle : next_new_)) Take(answer);
  return true;
}

void Producer::SendDue(bool finishing) {
  // What is not taken goes to the end: once through is enough.
  for (std::size_t left = again_.size(); left > 0 && outstanding_ < settings_.outstanding; --left) {
    const std::uint32_t number = again_.front();
    again_.pop_front();
    if (!entries_[number].stored) Send(number, AnyWriter(kOtherShare));
  }
  while (!repetitions_.empty() && (finishing || repetitions_.top().at <= entries_.size()) &&
         outstanding_ < settings_.outstanding) {
    const std::uint32_t number = repetitions_.top().number;
    repetitions_.pop();
    Send(number, AnyWriter(kOtherShare));
  }
}

// False when it is not time for one.
bool Producer::SendNew() {
  if (outstanding_ >= settings_.outstanding || Clock::now() < next_new_) return false;
  // After an outage it catches up with the last second only.
  const auto interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / settings_.events_per_second;
  next_new_ = std::max(next_new_ + interval, Clock::now() - std::chrono::seconds(1));
  const auto number = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({.spam = Chance(kSpamShare)});
  Send(number, *settings_.home);
  if (Chance(kRepeatedShare)) PlanRepetition(number);
  return true;
}

void Producer::PlanRepetition(std::uint32_t number) {
  if (Chance(kAtOnceShare)) return Send(number, AnyWriter(kOtherShare));
  const auto later = std::uniform_int_distribution<std::uint32_t>(1, kLatest)(random_);
  repetitions_.push({.at = number + later, .number = number});
}

void Producer::Send(std::uint32_t number, EventWriter& writer) {
  const Usage usage(settings_.id, number, entries_[number].spam);
  const absl::Status taken = writer.Write(usage.event(), [mailbox = mailbox_, number](const Outcome& outcome) {
    const std::lock_guard lock(mailbox->mutex);
    mailbox->answers.push_back({.number = number, .outcome = outcome});
    mailbox->changed.notify_all();
  });
  if (taken.ok()) {
    ++entries_[number].sent;
    ++outstanding_;
    return;
  }
  if (!absl::IsResourceExhausted(taken)) {
    findings_.Add(fmt::format("event {}/{} was not taken: {}", settings_.id, number, taken.ToString()));
  }
  again_.push_back(number);
}

std::vector<Producer::Answer> Producer::AwaitAnswers(Clock::time_point until) {
  if (outstanding_ >= settings_.outstanding) until = Clock::now() + kIdle;
  std::unique_lock lock(mailbox_->mutex);
  mailbox_->changed.wait_until(lock, until, [this] { return !mailbox_->answers.empty() || mailbox_->stop; });
  return std::exchange(mailbox_->answers, {});
}

void Producer::Take(const Answer& answer) {
  Entry& entry = entries_[answer.number];
  --outstanding_;
  if (++entry.answered > entry.sent) Complain(answer, "more answers than it was sent");
  if (!answer.outcome.stored()) return TakeFailure(answer, entry);
  entry.stored = true;
  if (entry.spam) Complain(answer, "the CHECK refuses it");
  if (answer.outcome.payload_differed.value_or(false)) Complain(answer, "all of its payloads are the same");
}

void Producer::TakeFailure(const Answer& answer, Entry& entry) {
  if (entry.spam && IsSpamRefused(answer.outcome)) {
    entry.refused = true;
    return;
  }
  // Spam in a batch whose commit is in doubt may be told either of both reasons.
  const bool doubtful_spam = entry.spam && answer.outcome.kind == Kind::kUnknown;
  if (!MayPass(answer.outcome.status) && !doubtful_spam) {
    Complain(answer, entry.spam ? "only the CHECK can be the reason" : "it is valid");
  }
  if (!entry.stored && !entry.refused) again_.push_back(answer.number);
}

void Producer::Complain(const Answer& answer, const char* what) {
  std::ostringstream told;
  told << answer.outcome;
  findings_.Add(fmt::format("event {}/{} was told \"{}\", but {}", settings_.id, answer.number, told.str(), what));
}

}  // namespace bxb::chaos
