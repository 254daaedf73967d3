#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "pq/deadline.h"
#include "write/acknowledgement.h"
#include "write/backoff.h"
#include "write/batch.h"
#include "write/batch_queue.h"
#include "write/batch_result.h"
#include "write/committer.h"
#include "write/isolation.h"
#include "write/partitions.h"

namespace bxb::write {

/// What the server is asked instead of being sent the piece (again).
enum class Committer::Question : std::uint8_t {
  kNone,
  kWhichKnown,    ///< most batches hold duplicates: which keys are in the table already?
  kHowDurable,    ///< the ledger has said that the piece is committed: the acknowledgement is missing
  kWhichDropped,  ///< which rows did a trigger keep out?
  kWhichThere,    ///< the piece is refused, but an earlier attempt is in doubt: did that one commit it?
};

/// One batch's way through the commit protocol: what is left to do, and what has become of the rest.
class Committer::Progress {
 public:
  /// `map` is that of a table that is partitioned by time; else null.
  Progress(const Batch& batch, Partitions::Map map, bool sort_by_key, absl::Duration timeout);

  /// Goes on to the next piece; false when there is none. With `look_up`, a whole batch begins with a question for its
  /// duplicates.
  bool NextPiece(bool look_up);

  /// The piece is only to be tried; it has passed.
  bool OnlyTry() const { return isolation.OnlyTry(); }
  void Passed();

  /// The piece is to be merged, in the order of its keys; of rows with one key the first that came wins.
  void BeginMerge(const Batch& batch);

  /// The piece is in the table.
  void Stored(const Acknowledgement& acknowledged);
  void Duplicates(std::span<const std::uint32_t> rows);

  /// All of the piece but `left` is in the table, and was there before.
  void Known(std::vector<std::uint32_t> left, const Acknowledgement& acknowledged);

  /// The others of the piece are settled.
  void Left(std::vector<std::uint32_t> left);

  /// These rows of the piece have to wait.
  void Postpone(const std::vector<std::uint32_t>& later);

  /// The piece's commit can never be told from its absence.
  void Unknown(const absl::Status& status);

  /// Everything that is not settled fails. Returns how many rows that are.
  std::size_t FailRest(Outcome::Kind kind, const absl::Status& status);

  void Reject(std::uint32_t row, const absl::Status& status);

  bool any_stored() const { return any_stored_; }
  BatchOutcome TakeOutcome();

  std::span<const std::uint32_t> rows;  ///< the piece
  std::string number;                   ///< its number in the ledger
  Partitions::Map map;                  ///< as of the last attempt
  bool through_root = false;            ///< a partition has refused rows: from then on nothing goes straight into one
  int reroutes = 0;                     ///< how often the partitions were not what the map says
  bool provided = false;                ///< its rows have partitions, as far as that is possible
  bool merging = false;
  bool direct_in_doubt = false;  ///< the piece's last attempt in doubt was a direct COPY
  Question question = Question::kNone;
  bool doubted = false;     ///< an attempt to commit the piece is or was in doubt
  std::size_t dropped = 0;  ///< rows that a trigger kept out of a committed COPY
  bool settled = false;     ///< the outcome of each of its rows is known
  bool conflicted = false;  ///< the batch holds a duplicate

  Isolation isolation;
  pq::Deadline deadline;
  pq::Deadline half_time;  ///< from then on rows that have passed do not wait for others
  Backoff backoff;
  BatchQueue::Effort effort;

 private:
  void Acknowledge(const Acknowledgement& acknowledged);
  void Fail(std::uint32_t row, Outcome::Kind kind, const absl::Status& status);

  std::size_t batch_rows_;
  bool any_stored_ = false;
  BatchOutcome outcome_;
};

}  // namespace bxb::write
