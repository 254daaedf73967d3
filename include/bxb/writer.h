#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/dedup_scope.h"
#include "bxb/event.h"
#include "bxb/flush_report.h"
#include "bxb/internal/writer_engine.h"
#include "bxb/outcome.h"
#include "bxb/row_codec.h"
#include "bxb/ticket.h"
#include "bxb/writer_options.h"
#include "bxb/writer_stats.h"

namespace bxb {

/// Puts rows of one type into one table: at COPY speed, with an answer for each.
///
/// Rows are encoded when they are written, gathered into batches, and committed by lanes (a connection
/// and its thread each). There are four ways to learn an event's outcome; mix them freely:
///
/// | form                     | call                               | answer                                |
/// |--------------------------|------------------------------------|---------------------------------------|
/// | write, then flush        | `Write(row)` … `Flush(timeout)`    | the report, and each row's Ticket      |
/// | callback                 | `Write(row, callback)`             | the callback, once                     |
/// | block until durable      | `WriteDurable(row)`                | the Outcome                           |
/// | a batch at once          | `WriteBatch(rows)`                 | the Outcomes, in input order          |
///
/// Thread safety: every member may be called from any number of threads at once, except that Close and
/// the destructor must not overlap with other calls. Callbacks run on the lanes' threads, and on the caller's for
/// a duplicate that is known without the server: keep them short, and do not call Flush, Close, WriteDurable,
/// WriteBatch or a blocking Write from one (TryWrite is fine).
///
/// Order: batches may commit out of order, and rows within one are sorted by key. Of two rows with the
/// same key written by one thread, the earlier is the one inserted when they share a batch.
///
/// Crash semantics: when the process dies, unacknowledged events may or may not be in the table; write
/// them again, the dedup key keeps them single. See docs/delivery.md for what each level survives.
template <DescribedRow Row>
class Writer {
 public:
  using Callback = internal::Callback;

  /// Connects, checks the table against the row description, and starts the lanes. Errors, each naming
  /// the option, column or host at fault:
  /// - InvalidArgument: an option out of its range; a column that is missing or of a type that cannot
  ///   hold the member exactly; a NOT NULL column without default that the row does not describe
  /// - NotFound: no such database, schema or table
  /// - FailedPrecondition: the row has key columns, and the table does not tell duplicates as WriterOptions::dedup
  ///   wants (it has no unique index on exactly those, nor on those and the time, nor a key table); or the table has
  ///   INSERT rules or row security, under which COPY does something else than INSERT
  /// - Unavailable: the host cannot be reached; DeadlineExceeded: connect_timeout passed
  /// - Unauthenticated: wrong password or role; PermissionDenied: the role lacks INSERT on the described columns,
  ///   SELECT on the key columns, TEMPORARY on the database (which merging duplicates needs), USAGE on the sequence of
  ///   a default, or INSERT and SELECT on the key table. What triggers need only the first commit can tell
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const WriterOptions& options) {
    auto engine = internal::WriterEngine::Open(options, RowCodec<Row>::Shape());
    if (!engine.ok()) return engine.status();
    auto codec = RowCodec<Row>::For((*engine)->column_types());
    if (!codec.ok()) return codec.status();
    return std::unique_ptr<Writer>(new Writer(*std::move(engine), *std::move(codec)));
  }

  /// Stops at once: batches not yet sent are abandoned and their events become kUnknown. Call Close
  /// first if they matter.
  ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Takes responsibility for a row; blocks for memory up to WriterOptions::write_timeout. The ticket
  /// will hold the outcome. On an error the row was not taken:
  /// - InvalidArgument: PostgreSQL would refuse it; names the column, and SqlStateOf gives the code
  /// - ResourceExhausted: no memory became free in time; try again later
  /// - FailedPrecondition: the writer is closed
  absl::StatusOr<Ticket> Write(const Row& row) { return Submit(row, engine_->write_timeout(), {}); }

  /// The same with a callback, which is called exactly once, with the outcome, if Write returned OK, and
  /// never otherwise. It may run before Write returns.
  absl::Status Write(const Row& row, Callback callback) {
    return Submit(row, engine_->write_timeout(), std::move(callback)).status();
  }

  /// Like Write, but returns ResourceExhausted at once instead of waiting for memory.
  absl::StatusOr<Ticket> TryWrite(const Row& row) { return Submit(row, absl::ZeroDuration(), {}); }
  absl::Status TryWrite(const Row& row, Callback callback) {
    return Submit(row, absl::ZeroDuration(), std::move(callback)).status();
  }

  /// Writes one row and blocks until its outcome is known, at most for `timeout` (then kUnknown). A row
  /// that Write refuses is kRejected with that status.
  Outcome WriteDurable(const Row& row, absl::Duration timeout = absl::Seconds(30)) {
    return WriteBatch({&row, 1}, timeout).front();
  }

  /// Writes rows and blocks until every outcome is known, at most for `timeout` in all. The answer has
  /// one outcome for each row, in input order. The rows are taken one by one, not as one transaction.
  std::vector<Outcome> WriteBatch(std::span<const Row> rows, absl::Duration timeout = absl::Seconds(30));

  /// Sends what is open and waits until every row accepted before the call has its outcome, at most for
  /// `timeout`. `report.all_stored()` proves that each row accepted since the last Flush is in the table. Where
  /// several threads write and flush, another one's Flush may have reported your row: ask its ticket instead.
  FlushReport Flush(absl::Duration timeout) { return engine_->Flush(timeout); }

  /// Flushes, then stops the lanes; later writes fail with FailedPrecondition. Rows without an
  /// outcome at the end of `timeout` become kUnknown, and the report counts them so. A second Close reports
  /// nothing.
  FlushReport Close(absl::Duration timeout) { return engine_->Close(timeout); }

  /// Reads the tuple of a DeadLetter back. Views in the row point into `tuple`. Errors: see RowCodec::Decode.
  absl::StatusOr<Row> Decode(std::string_view tuple) const { return codec_.Decode(tuple); }

  /// What makes two rows the same one: as WriterOptions::dedup says, or the strongest that the table offers.
  DedupScope dedup_scope() const { return engine_->dedup_scope(); }

  /// A consistent snapshot of the counters.
  WriterStats stats() const { return engine_->stats(); }

 private:
  Writer(std::unique_ptr<internal::WriterEngine> engine, RowCodec<Row> codec)
      : codec_(std::move(codec)), engine_(std::move(engine)) {}

  /// What a thread keeps for its next row; a larger buffer goes with the large row that needed it.
  static constexpr std::size_t kKeptScratchBytes = std::size_t{64} << 10;

  absl::StatusOr<Ticket> Submit(const Row& row, absl::Duration timeout, Callback callback);

  RowCodec<Row> codec_;
  std::unique_ptr<internal::WriterEngine> engine_;  // last, to go first: its callbacks may still write
};

using EventWriter = Writer<Event>;

template <DescribedRow Row>
absl::StatusOr<Ticket> Writer<Row>::Submit(const Row& row, absl::Duration timeout, Callback callback) {
  thread_local std::vector<char> scratch;
  internal::KeyHash key;
  auto encoded = codec_.EncodeChecked(
      row, engine_->max_row_bytes(), scratch,
      [&](std::string_view bytes, std::string_view with_time) { key = engine_->Prepare(bytes, with_time); });
  if (!encoded.ok()) return engine_->Refuse(encoded.status());
  auto ticket = engine_->Append(*encoded, key, timeout, std::move(callback));
  if (scratch.size() > kKeptScratchBytes) scratch = {};
  return ticket;
}

template <DescribedRow Row>
std::vector<Outcome> Writer<Row>::WriteBatch(std::span<const Row> rows, absl::Duration timeout) {
  const auto start = std::chrono::steady_clock::now();
  const auto left = [&] { return timeout - absl::FromChrono(std::chrono::steady_clock::now() - start); };
  std::vector<absl::StatusOr<Ticket>> tickets;
  tickets.reserve(rows.size());
  for (const Row& row : rows) tickets.push_back(Submit(row, left(), {}));
  std::vector<Outcome> outcomes;
  outcomes.reserve(rows.size());
  for (const auto& ticket : tickets) {
    outcomes.push_back(ticket.ok() ? ticket->Wait(left())
                                   : Outcome{.kind = Outcome::Kind::kRejected, .status = ticket.status()});
  }
  return outcomes;
}

}  // namespace bxb
