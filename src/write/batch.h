#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bxb/internal/row_shape.h"
#include "bxb/internal/writer_engine.h"
#include "write/batch_result.h"

namespace bxb::write {

using Clock = std::chrono::steady_clock;

/// Encoded rows on their way to one commit. The memory is taken once and used again: adding a row never
/// allocates, except for the first callback. Thread-compatible.
class Batch {
 public:
  struct Limits {
    std::size_t rows;
    std::size_t bytes;
  };

  /// What one batch of these limits takes at most, in bytes.
  static std::size_t Footprint(Limits limits);

  explicit Batch(Limits limits);

  bool Fits(const internal::EncodedRow& row) const;
  bool Full() const { return rows_.size() == limits_.rows; }

  /// The row must fit. Returns its number in the batch.
  std::uint32_t Add(const internal::EncodedRow& row, internal::Callback callback, Clock::time_point now);

  std::uint64_t number() const { return number_; }
  std::size_t rows() const { return rows_.size(); }
  std::size_t bytes() const { return used_; }
  std::string_view Tuple(std::uint32_t row) const { return {data_.get() + rows_[row].offset, rows_[row].size}; }
  std::string_view Key(std::uint32_t row) const { return Tuple(row).substr(kFieldCountBytes, rows_[row].key_bytes); }
  Clock::time_point accepted_at(std::uint32_t row) const { return rows_[row].accepted_at; }
  const std::shared_ptr<internal::BatchResult>& result() const { return result_; }

  /// The rows' numbers in the order in which they are sent: by key, equal keys as they came; as they came
  /// where the row type has no key.
  std::vector<std::uint32_t> SendOrder() const;

  /// Tells the tickets, then the callbacks, each row's outcome.
  void Resolve(const BatchOutcome& outcome);

  /// Empties the batch for its next use.
  void Reset(std::uint64_t number);

 private:
  static constexpr std::size_t kFieldCountBytes = 2;

  struct Row {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint32_t key_bytes;
    Clock::time_point accepted_at;
  };

  struct SortEntry;
  void SortRunsByKey(std::span<const SortEntry> entries, std::span<std::uint32_t> order) const;

  Limits limits_;
  std::uint64_t number_ = 0;
  std::unique_ptr<char[]> data_;
  std::size_t used_ = 0;
  std::vector<Row> rows_;
  std::vector<internal::Callback> callbacks_;  ///< by row; shorter than rows_ where the last ones have none
  std::shared_ptr<internal::BatchResult> result_;
};

}  // namespace bxb::write
