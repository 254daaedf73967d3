#include "bxb/internal/writer_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"
#include "pq/connection.h"
#include "pq/interrupt.h"
#include "wire/status_text.h"
#include "write/acknowledgement.h"
#include "write/batch_queue.h"
#include "write/committer.h"
#include "write/conflict_rate.h"
#include "write/destination.h"
#include "write/lane.h"
#include "write/options.h"
#include "write/partition_keeper.h"
#include "write/partitions.h"

namespace bxb::internal {
namespace {

write::Committer::Settings SettingsOf(const WriterOptions& options, write::CommitPlan plan,
                                      write::Partitions* partitions) {
  return {.dsn = options.dsn,
          .application_name = options.application_name,
          .connect_timeout = options.connect_timeout,
          .commit_timeout = options.commit_timeout,
          .sort_by_key = options.sort_by_key,
          .plan = std::move(plan),
          .partitions = partitions,
          .log = options.log,
          .dead_letter = options.dead_letter};
}

std::unique_ptr<write::Partitions> PartitionsOf(const WriterOptions& options, const write::Destination& destination) {
  if (!destination.partitioned_by) return nullptr;
  return std::make_unique<write::Partitions>(destination.table, *destination.partitioned_by, destination.columns,
                                             options.partitions, options.log);
}

schema::PgMicros TimeOf(const EncodedRow& row) {
  return GetBig<schema::PgMicros>(row.tuple.data() + row.time_end - sizeof(schema::PgMicros));
}

// The part of the leading columns that makes a row unique.
EncodedRow WithKeyFor(DedupScope scope, EncodedRow row) {
  if (scope == DedupScope::kNone) row.key_bytes = 0;
  if (scope == DedupScope::kPerTimestamp) row.key_bytes = row.time_end - static_cast<std::uint32_t>(kFieldCountBytes);
  return row;
}

}  // namespace

// The lanes come last: they are the first to go, and they use all that stands before them.
struct WriterEngine::Impl {
  Impl(const WriterOptions& options, const write::Destination& destination, std::unique_ptr<pq::Interrupt> stop)
      : types(destination.types),
        max_row_bytes(options.batch_bytes),
        write_timeout(options.write_timeout),
        scope(destination.scope),
        partitions(PartitionsOf(options, destination)),
        settings(SettingsOf(options, destination.plan, partitions.get())),
        interrupt(std::move(stop)),
        queue(write::QueueLimits(options, destination.plan.can_merge())) {}

  ~Impl() { Abort(absl::AbortedError("the writer was destroyed before the event was committed")); }

  absl::StatusOr<std::vector<pq::Connection>> Connect(int count, pq::Connection first, pq::Deadline deadline);
  void StartLanes(std::vector<pq::Connection> connections);
  void StartKeeper();
  void Abort(const absl::Status& reason);

  const std::vector<PgType> types;
  const std::size_t max_row_bytes;
  const absl::Duration write_timeout;
  const DedupScope scope;
  const std::unique_ptr<write::Partitions> partitions;  ///< of a table that is partitioned by time
  const write::Committer::Settings settings;
  const std::unique_ptr<pq::Interrupt> interrupt;
  write::ConflictRate conflicts;
  write::BatchQueue queue;
  std::unique_ptr<write::PartitionKeeper> keeper;
  std::vector<std::unique_ptr<write::Lane>> lanes;
};

void WriterEngine::Impl::Abort(const absl::Status& reason) {
  queue.CloseForWriting();
  interrupt->Set();
  queue.Stop(reason);
  lanes.clear();
  keeper.reset();
}

// All connections are opened before the first thread starts: a lane that cannot connect is an error of
// Open, not a surprise under load.
absl::StatusOr<std::vector<pq::Connection>> WriterEngine::Impl::Connect(int count, pq::Connection first,
                                                                        pq::Deadline deadline) {
  std::vector<pq::Connection> connections;
  connections.push_back(std::move(first));
  while (connections.size() < static_cast<std::size_t>(count)) {
    auto next = pq::Connection::Open(settings.dsn, settings.application_name, deadline, interrupt.get(),
                                     pq::Target::kWritable, connections.front().host());
    if (!next.ok()) return next.status();
    connections.push_back(*std::move(next));
  }
  return connections;
}

void WriterEngine::Impl::StartLanes(std::vector<pq::Connection> connections) {
  for (int number = 0; auto& connection : connections) {
    write::Committer committer(number, settings, conflicts, *interrupt, std::move(connection));
    lanes.push_back(std::make_unique<write::Lane>(number, queue, std::move(committer)));
    ++number;
  }
}

void WriterEngine::Impl::StartKeeper() {
  if (partitions == nullptr) return;
  keeper = std::make_unique<write::PartitionKeeper>(
      write::PartitionKeeper::Settings{.dsn = settings.dsn,
                                       .application_name = settings.application_name,
                                       .connect_timeout = settings.connect_timeout,
                                       .log = settings.log},
      *partitions, *interrupt);
}

absl::StatusOr<std::unique_ptr<WriterEngine>> WriterEngine::Open(const WriterOptions& options, const RowShape& shape) {
  if (absl::Status checked = write::CheckOptions(options, shape); !checked.ok()) return checked;
  const pq::Deadline deadline = pq::After(options.connect_timeout);
  auto interrupt = std::make_unique<pq::Interrupt>();
  auto connection =
      pq::Connection::Open(options.dsn, options.application_name, deadline, interrupt.get(), pq::Target::kWritable);
  if (!connection.ok()) {
    return absl::Status(connection.status().code(),
                        fmt::format("WriterOptions::dsn: {}", wire::Text(connection.status())));
  }
  auto destination = write::FindDestination(*connection, options, shape, deadline);
  if (!destination.ok()) return destination.status();
  auto impl = std::make_unique<Impl>(options, *destination, std::move(interrupt));
  if (impl->partitions != nullptr) {
    if (auto read = impl->partitions->Refresh(*connection, deadline); !read.ok()) return read.status();
  }
  auto connections = impl->Connect(options.lanes, *std::move(connection), deadline);
  if (!connections.ok()) return connections.status();
  write::WarmUpFrom(connections->front(), options, shape, *destination, impl->queue.claims());
  impl->StartLanes(*std::move(connections));
  impl->StartKeeper();
  return std::unique_ptr<WriterEngine>(new WriterEngine(std::move(impl)));
}

WriterEngine::WriterEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WriterEngine::~WriterEngine() = default;

std::span<const PgType> WriterEngine::column_types() const { return impl_->types; }
std::size_t WriterEngine::max_row_bytes() const { return impl_->max_row_bytes; }
DedupScope WriterEngine::dedup_scope() const { return impl_->scope; }
absl::Duration WriterEngine::write_timeout() const { return impl_->write_timeout; }

KeyHash WriterEngine::Prepare(std::string_view key, std::string_view key_and_time) const {
  return impl_->queue.claims().Prepare(impl_->scope == DedupScope::kPerTimestamp ? key_and_time : key);
}

absl::StatusOr<Ticket> WriterEngine::Append(const EncodedRow& row, const KeyHash& key, absl::Duration timeout,
                                            Callback callback) {
  if (impl_->partitions != nullptr) {
    absl::Status accepted = impl_->partitions->CheckWindow(TimeOf(row));
    if (!accepted.ok()) [[unlikely]]
      return Refuse(std::move(accepted));
  }
  return impl_->queue.Append(WithKeyFor(impl_->scope, row), key, timeout, std::move(callback));
}

absl::Status WriterEngine::Refuse(absl::Status reason) {
  impl_->queue.CountRefusal();
  return reason;
}

FlushReport WriterEngine::Flush(absl::Duration timeout) { return impl_->queue.Flush(pq::After(timeout)); }

FlushReport WriterEngine::Close(absl::Duration timeout) {
  impl_->queue.CloseForWriting();
  FlushReport report = impl_->queue.Flush(pq::After(timeout));
  impl_->Abort(absl::AbortedError("the writer was closed before the event was committed"));
  const FlushReport rest = impl_->queue.Report();
  report.inserted += rest.inserted;
  report.duplicates += rest.duplicates;
  report.rejected += rest.rejected;
  report.unknown += rest.unknown;
  report.unresolved = 0;
  write::RaiseToken(report, rest.token());
  if (report.last_error.ok()) report.last_error = rest.last_error;
  return report;
}

WriterStats WriterEngine::stats() const {
  WriterStats stats = impl_->queue.stats();
  stats.conflict_rate = impl_->conflicts.rate();
  return stats;
}

}  // namespace bxb::internal
