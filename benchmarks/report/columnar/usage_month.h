#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "reader/usage_events.h"

namespace bxb::bench::report {

/// A month of usage events in the order of their times, each made from its row number alone: those of the reader's
/// benchmarks, but with nothing in them that a compressor could know beforehand. Transaction ids are random UUIDs, and
/// what the properties and amounts say is drawn for each event by itself. Thread-safe.
class UsageMonth {
 public:
  static constexpr std::size_t kBatchRows = 10'000;

  explicit UsageMonth(std::size_t rows);

  std::size_t rows() const { return rows_; }
  const reader::UsageEvents& usage() const { return usage_; }

  /// Calls `take` with all events, batch by batch.
  void ForEachBatch(const std::function<void(std::span<const Event>)>& take) const;

 private:
  std::size_t rows_;
  reader::UsageEvents usage_;
};

}  // namespace bxb::bench::report
