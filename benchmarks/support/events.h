#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/event.h"
#include "bxb/row_codec.h"

namespace bxb::bench {

/// Distinct events of a realistic shape, about 183 bytes encoded: 200 organizations, transaction ids that
/// rise, 60 bytes of properties. Made once: what a run measures is what happens to events, not their making.
class Events {
 public:
  explicit Events(std::size_t count);
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  std::span<const Event> First(std::size_t count) const { return Slice(0, count); }
  std::span<const Event> Slice(std::size_t begin, std::size_t count) const {
    return std::span(events_).subspan(begin, count);
  }
  std::span<const Event> All() const { return events_; }

 private:
  std::vector<std::string> transactions_;
  std::vector<std::string> customers_;
  std::vector<std::string> properties_;
  std::vector<Event> events_;
};

/// A codec for the events table.
RowCodec<Event> EventCodec();

/// Events as COPY BINARY tuples, one behind the other.
class EncodedEvents {
 public:
  /// With `sorted_runs_of` > 1 each run of so many events is sorted by key, as the writer sorts its batches.
  explicit EncodedEvents(std::span<const Event> events, std::size_t sorted_runs_of = 1);

  std::size_t size() const { return ends_.size(); }
  double row_bytes() const { return static_cast<double>(bytes_.size()) / static_cast<double>(size()); }

  /// The tuples [begin, end); the end may lie beyond the last.
  std::string_view Tuples(std::size_t begin, std::size_t end) const;
  std::string_view Tuple(std::size_t i) const { return Tuples(i, i + 1); }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace bxb::bench
