#pragma once

#include "absl/status/status.h"
#include "bxb/internal/row_shape.h"
#include "bxb/writer_options.h"
#include "write/batch_queue.h"

namespace bxb::write {

/// Whether the options make sense for the row type; InvalidArgument names the first that does not.
absl::Status CheckOptions(const WriterOptions& options, const internal::RowShape& shape);

/// The queue that they describe; without a key nothing is deduplicated.
BatchQueue::Limits QueueLimits(const WriterOptions& options, bool has_key);

}  // namespace bxb::write
