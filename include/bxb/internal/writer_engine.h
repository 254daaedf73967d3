#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/dedup_scope.h"
#include "bxb/flush_report.h"
#include "bxb/internal/key_hash.h"
#include "bxb/internal/row_shape.h"
#include "bxb/outcome.h"
#include "bxb/pg_type.h"
#include "bxb/ticket.h"
#include "bxb/writer_options.h"
#include "bxb/writer_stats.h"

namespace bxb::internal {

using Callback = absl::AnyInvocable<void(const Outcome&) &&>;

/// The part of a Writer that never knows the row type: batches, lanes, commits, statistics. Thread-safe
/// as Writer is.
class WriterEngine {
 public:
  static absl::StatusOr<std::unique_ptr<WriterEngine>> Open(const WriterOptions& options, const RowShape& shape);
  ~WriterEngine();
  WriterEngine(const WriterEngine&) = delete;
  WriterEngine& operator=(const WriterEngine&) = delete;

  /// The table's types for the shape's columns, in the shape's order.
  std::span<const PgType> column_types() const;
  std::size_t max_row_bytes() const;
  DedupScope dedup_scope() const;
  absl::Duration write_timeout() const;

  /// Hashes what makes a row unique, its encoded key or the key and the time, and brings near what is known of it while
  /// the rest of the row is encoded.
  KeyHash Prepare(std::string_view key, std::string_view key_and_time) const;

  /// Copies an encoded row into the open batch, unless its key says that it is there already.
  absl::StatusOr<Ticket> Append(const EncodedRow& row, const KeyHash& key, absl::Duration timeout, Callback callback);

  /// Counts a row that was turned down before it came here; returns `reason`.
  absl::Status Refuse(absl::Status reason);

  FlushReport Flush(absl::Duration timeout);
  FlushReport Close(absl::Duration timeout);
  WriterStats stats() const;

 private:
  struct Impl;
  explicit WriterEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bxb::internal
