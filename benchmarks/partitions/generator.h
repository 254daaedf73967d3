#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "support/events.h"

namespace bxb::bench::partitions {

/// What transaction ids look like: they decide where in an index a row goes.
enum class Ids : std::uint8_t {
  kSequential,  ///< "txn_000000000042"
  kRandom,      ///< UUIDs of version 4, as text
};

std::string_view Name(Ids ids);  ///< "sequential", "random"

/// A number that looks random, and is the same for the same `n` every time.
std::uint64_t Mix(std::uint64_t n);

/// Any number of events, each made from its row number alone: the same row is the same event in every run. All but
/// id and time is taken from a few events made before. Thread-safe.
class Generator {
 public:
  /// The row's time is `start + row * step`.
  Generator(const Events& pool, Ids ids, absl::Time start, absl::Duration step);

  absl::Time TimeOf(std::uint64_t row) const { return start_ + step_ * static_cast<std::int64_t>(row); }

  /// `id` holds the event's transaction id, and must live as long.
  Event Make(std::uint64_t row, std::string& id) const;

 private:
  std::span<const Event> pool_;
  Ids ids_;
  absl::Time start_;
  absl::Duration step_;
};

/// The events of rows [begin, begin + count), with their ids.
class Rows {
 public:
  Rows(const Generator& generator, std::uint64_t begin, std::size_t count);
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  std::span<Event> All() { return events_; }
  std::span<const Event> All() const { return events_; }

 private:
  std::vector<std::string> ids_;
  std::vector<Event> events_;
};

}  // namespace bxb::bench::partitions
