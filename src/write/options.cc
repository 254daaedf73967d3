#include "write/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/time.h"
#include "bxb/row.h"
#include "schema/maintenance.h"
#include "wire/status_text.h"

namespace bxb::write {
namespace {

absl::Status Bad(std::string_view option, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("WriterOptions::{} {}", option, why));
}

absl::Status CheckRange(std::string_view option, std::size_t value, std::size_t low, std::size_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Bad(option, fmt::format("is {}; it must be {} … {}", value, low, high));
}

absl::Status CheckPositive(std::string_view option, absl::Duration value) {
  if (value > absl::ZeroDuration()) return absl::OkStatus();
  return Bad(option, fmt::format("is {}; it must be more than zero", absl::FormatDuration(value)));
}

bool HasKey(const internal::RowShape& shape) {
  return std::ranges::any_of(shape.columns, [](const auto& column) { return (column.roles & kKey) != 0; });
}

absl::Status CheckTable(const WriterOptions& options, const internal::RowShape& shape) {
  if (options.table.empty() && shape.table.empty()) return Bad("table", "is empty, and the row type names none");
  if (options.create_table && !shape.is_event && HasKey(shape) && options.dedup != DedupScope::kNone) {
    return Bad("create_table", "is for bxb::Event only: create the table of another row type yourself");
  }
  return absl::OkStatus();
}

absl::Status CheckLinger(absl::Duration linger) {
  if (linger >= absl::ZeroDuration() && linger <= absl::Minutes(1)) return absl::OkStatus();
  return Bad("linger", fmt::format("is {}; it must be 0 … 1 minute", absl::FormatDuration(linger)));
}

// The ledger remembers a batch for a day.
absl::Status CheckCommitTimeout(absl::Duration timeout) {
  if (timeout <= absl::Hours(12)) return absl::OkStatus();
  return Bad("commit_timeout", fmt::format("is {}; it must be at most 12 hours", absl::FormatDuration(timeout)));
}

absl::Status CheckMemory(const WriterOptions& options) {
  const BatchQueue::Limits limits = QueueLimits(options, /*has_key=*/true);
  const auto needed = static_cast<std::size_t>(options.lanes) + 2;
  if (limits.batches >= needed) return absl::OkStatus();
  return Bad("memory_bytes", fmt::format("is {}; {} lanes need at least {} for batches of {} rows and {} bytes",
                                         options.memory_bytes, options.lanes, needed * Batch::Footprint(limits.batch),
                                         options.batch_rows, options.batch_bytes));
}

absl::Status CheckPartitions(const PartitionOptions& options) {
  const absl::Status checked = schema::CheckPartitionOptions(options);
  if (checked.ok()) return checked;
  return absl::InvalidArgumentError(fmt::format("WriterOptions::{}", wire::Text(checked)));
}

}  // namespace

absl::Status CheckOptions(const WriterOptions& options, const internal::RowShape& shape) {
  if (options.lanes < 1 || options.lanes > 64)
    return Bad("lanes", fmt::format("is {}; it must be 1 … 64", options.lanes));
  for (const absl::Status& status :
       {CheckTable(options, shape), CheckRange("batch_rows", options.batch_rows, 1, 1'000'000),
        CheckRange("batch_bytes", options.batch_bytes, 4 << 10, std::size_t{1} << 30), CheckLinger(options.linger),
        CheckRange("dedup_cache_bytes", options.dedup_cache_bytes, 0, std::size_t{64} << 30),
        CheckPositive("write_timeout", options.write_timeout),
        CheckPositive("connect_timeout", options.connect_timeout),
        CheckPositive("commit_timeout", options.commit_timeout), CheckCommitTimeout(options.commit_timeout),
        CheckMemory(options), CheckPartitions(options.partitions)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

BatchQueue::Limits QueueLimits(const WriterOptions& options, bool has_key) {
  const Batch::Limits batch = {.rows = options.batch_rows, .bytes = options.batch_bytes};
  return {.batch = batch,
          .memory_bytes = options.memory_bytes,
          .batches = options.memory_bytes / Batch::Footprint(batch),
          .linger = absl::ToChronoNanoseconds(options.linger),
          .dedup_cache_bytes = has_key ? options.dedup_cache_bytes : 0};
}

}  // namespace bxb::write
