#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "bxb/outcome.h"
#include "pq/deadline.h"
#include "write/incarnation.h"

namespace bxb::write {

/// What became of one row, where it is not what became of the most.
enum class Fate : std::uint8_t {
  kCommon,
  kDuplicate,           ///< of an event whose content is not known
  kDuplicateSame,       ///< of an event with the same content
  kDuplicateDifferent,  ///< of an event with another content
  kFailed,              ///< rejected or unknown, by itself
};

/// How the commit of a batch ended, row by row.
struct BatchOutcome {
  struct Failure {
    std::uint32_t row;
    Outcome::Kind kind;
    absl::Status status;
  };

  Outcome common;                 ///< of each row that nothing else is said about
  std::vector<Fate> fates;        ///< by row; empty where all are kCommon
  std::vector<Failure> failures;  ///< of the rows that are kFailed, in the order of their numbers
  Incarnation server;             ///< that has confirmed all of it; none where several have

  Outcome Of(std::uint32_t row) const;
};

/// The outcome of an event that repeats another one which had `first`.
Outcome OutcomeOfRepeat(Outcome first);

}  // namespace bxb::write

namespace bxb::internal {

/// Where the tickets of a batch look for their outcome. Thread-safe.
class BatchResult {
 public:
  /// Called once.
  void Resolve(write::BatchOutcome outcome);

  /// The outcome of a row, or nullopt when the deadline passed first.
  std::optional<Outcome> Wait(std::uint32_t row, pq::Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable resolved_;
  std::optional<write::BatchOutcome> outcome_;
};

}  // namespace bxb::internal
