#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "bxb/writer.h"
#include "chaos/findings.h"
#include "chaos/usage.h"

namespace bxb::chaos {

/// What a producer knows of one of its events.
struct Entry {
  bool spam = false;
  bool stored = false;   ///< kInserted or kDuplicate has been told
  bool refused = false;  ///< kRejected has been told, for the row's own fault
  std::uint16_t sent = 0;
  std::uint16_t answered = 0;
};

/// A thread that writes events, re-sends some of them, and keeps a ledger of what it was told. It follows
/// docs/delivery.md: what was not stored for a reason that may pass, or has an unknown outcome, is written again.
class Producer {
 public:
  struct Settings {
    int id;
    std::uint64_t seed;
    EventWriter* home;
    EventWriter* other;       ///< for some of the repetitions; may be the same
    int events_per_second;    ///< new ones
    std::size_t outstanding;  ///< events without an answer, at most
  };

  /// The writers and findings must outlive the producer's last answer, which is there when AwaitEnd returns true.
  Producer(const Settings& settings, Findings& findings);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// No new events; what is on its way is still brought to its end.
  void Finish();

  /// Whether every event has been stored or, being spam, refused; false when `timeout` has passed.
  bool AwaitEnd(absl::Duration timeout);

  /// Ends the thread, whatever is still on its way.
  void Stop();

  /// After AwaitEnd or Stop.
  int id() const { return settings_.id; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Answer {
    std::uint32_t number;
    Outcome outcome;
  };

  /// Where callbacks put answers; they may come when the producer is gone.
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Answer> answers;
    bool finish = false;
    bool stop = false;
    bool ended = false;
  };

  /// A repetition that is due when the producer has come to event `at`.
  struct Repetition {
    std::uint32_t at;
    std::uint32_t number;
    bool operator>(const Repetition& other) const { return at > other.at; }
  };

  void Run();
  bool Step();
  void SendDue(bool finishing);
  bool SendNew();
  void PlanRepetition(std::uint32_t number);
  void Send(std::uint32_t number, EventWriter& writer);
  std::vector<Answer> AwaitAnswers(Clock::time_point until);
  void Take(const Answer& answer);
  void TakeFailure(const Answer& answer, Entry& entry);
  void Complain(const Answer& answer, const char* what);
  bool Chance(double share) { return std::bernoulli_distribution(share)(random_); }
  EventWriter& AnyWriter(double other_share) { return Chance(other_share) ? *settings_.other : *settings_.home; }

  const Settings settings_;
  Findings& findings_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::mt19937_64 random_;
  std::vector<Entry> entries_;
  std::size_t outstanding_ = 0;
  std::deque<std::uint32_t> again_;  ///< not stored yet
  std::priority_queue<Repetition, std::vector<Repetition>, std::greater<>> repetitions_;
  Clock::time_point next_new_ = Clock::now();
  std::thread thread_;
};

}  // namespace bxb::chaos
