#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"
#include "bxb/internal/row_shape.h"
#include "bxb/internal/writer_engine.h"
#include "write/batch_result.h"
#include "write/key_hash.h"

namespace bxb::write {

using Clock = std::chrono::steady_clock;

/// Encoded rows on their way to one commit. The memory is taken once and used again: adding a row never
/// allocates, except for the first callback and the first that joins. Thread-compatible.
class Batch {
 public:
  struct Limits {
    std::size_t rows;
    std::size_t bytes;
  };

  static constexpr std::size_t kMostRows = std::size_t{1} << 20;

  /// An event that was not added because it repeats a row of the batch.
  struct Joined {
    std::uint32_t row;
    Clock::time_point accepted_at;
    internal::Callback callback;
  };

  /// What one batch of these limits takes at most, in bytes.
  static std::size_t Footprint(Limits limits);

  /// `slot` is the batch's number among those that share a queue.
  explicit Batch(Limits limits, std::uint32_t slot = 0);

  bool Fits(const internal::EncodedRow& row) const;
  bool Full() const { return rows_.size() == limits_.rows; }

  /// The row must fit. Returns its number in the batch.
  std::uint32_t Add(const internal::EncodedRow& row, const Fingerprint& print, internal::Callback callback,
                    Clock::time_point now);

  /// Lets an event share the fate of a row; false where too many do already.
  bool Join(std::uint32_t row, internal::Callback& callback, Clock::time_point now);

  std::uint64_t number() const { return number_; }
  std::uint32_t slot() const { return slot_; }

  /// Where a row is, among all batches of a queue.
  std::uint64_t Location(std::uint32_t row) const { return slot_ * kMostRows + row; }

  std::size_t rows() const { return rows_.size(); }
  std::size_t bytes() const { return used_; }
  std::string_view Tuple(std::uint32_t row) const { return {data_.get() + rows_[row].offset, rows_[row].size}; }
  std::string_view Key(std::uint32_t row) const {
    return Tuple(row).substr(internal::kFieldCountBytes, rows_[row].key_bytes);
  }
  const Fingerprint& Print(std::uint32_t row) const { return rows_[row].print; }

  /// The row's time, in microseconds since 2000; the row type must have one.
  std::int64_t Time(std::uint32_t row) const {
    return internal::GetBig<std::int64_t>(data_.get() + rows_[row].offset + rows_[row].time_end - sizeof(std::int64_t));
  }
  Clock::time_point accepted_at(std::uint32_t row) const { return rows_[row].accepted_at; }
  const std::vector<Joined>& joined() const { return joined_; }

  /// Events that wait for this batch.
  std::size_t events() const { return rows_.size() + joined_.size(); }

  const std::shared_ptr<internal::BatchResult>& result() const { return result_; }

  /// Sorts rows by key, equal keys as they came. `rows` must be in the order in which they came; where the row type
  /// has no key they stay so.
  void SortByKey(std::span<std::uint32_t> rows) const;

  /// Tells the tickets, then the callbacks, each row's outcome.
  void Resolve(const BatchOutcome& outcome);

  /// Empties the batch for its next use.
  void Reset(std::uint64_t number);

 private:
  struct Row {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint32_t key_bytes;
    std::uint32_t time_end;
    Clock::time_point accepted_at;
    Fingerprint print;
  };

  struct SortEntry;
  static std::vector<SortEntry> SortByPrefix(std::span<const SortEntry> entries);
  void SortRunsByKey(std::span<const SortEntry> entries, std::span<std::uint32_t> order) const;

  Limits limits_;
  std::uint32_t slot_;
  std::uint64_t number_ = 0;
  std::unique_ptr<char[]> data_;
  std::size_t used_ = 0;
  std::vector<Row> rows_;
  std::vector<internal::Callback> callbacks_;  ///< by row; shorter than rows_ where the last ones have none
  std::vector<Joined> joined_;
  std::shared_ptr<internal::BatchResult> result_;
};

}  // namespace bxb::write
