#include "write/batch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

namespace bxb::write {
namespace {

// Repeats beyond an eighth of the rows are written like any other row: the server tells them.
std::size_t MostJoined(Batch::Limits limits) { return std::max<std::size_t>(1, limits.rows / 8); }

std::uint64_t PrefixOf(std::string_view key) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), std::min(key.size(), sizeof prefix));
  return __builtin_bswap64(prefix);
}

}  // namespace

// The key's first bytes as a number that sorts as they do: comparing numbers settles most of the order
// without touching the rows themselves.
struct Batch::SortEntry {
  std::uint64_t prefix;
  std::uint32_t row;

  auto operator<=>(const SortEntry&) const = default;
};

std::size_t Batch::Footprint(Limits limits) {
  return sizeof(Batch) + limits.bytes +
         limits.rows * (sizeof(Row) + sizeof(internal::Callback) + 2 * sizeof(SortEntry) + sizeof(std::uint32_t)) +
         MostJoined(limits) * sizeof(Joined);
}

// The bytes stay uninitialised: pages that no row has touched cost no memory.
Batch::Batch(Limits limits, std::uint32_t slot) : limits_(limits), slot_(slot), data_(new char[limits.bytes]) {
  rows_.reserve(limits.rows);
}

bool Batch::Fits(const internal::EncodedRow& row) const { return !Full() && used_ + row.tuple.size() <= limits_.bytes; }

std::uint32_t Batch::Add(const internal::EncodedRow& row, const Fingerprint& print, internal::Callback callback,
                         Clock::time_point now) {
  const auto number = static_cast<std::uint32_t>(rows_.size());
  std::memcpy(data_.get() + used_, row.tuple.data(), row.tuple.size());
  rows_.push_back({.offset = static_cast<std::uint32_t>(used_),
                   .size = static_cast<std::uint32_t>(row.tuple.size()),
                   .key_bytes = row.key_bytes,
                   .time_end = row.time_end,
                   .accepted_at = now,
                   .print = print});
  used_ += row.tuple.size();
  if (callback) {
    callbacks_.reserve(limits_.rows);
    callbacks_.resize(number);
    callbacks_.push_back(std::move(callback));
  }
  return number;
}

bool Batch::Join(std::uint32_t row, internal::Callback& callback, Clock::time_point now) {
  if (joined_.size() == MostJoined(limits_)) return false;
  joined_.reserve(MostJoined(limits_));
  joined_.push_back({.row = row, .accepted_at = now, .callback = std::move(callback)});
  return true;
}

// Ids that look random part at their first bits already: what is left to sort in each bucket is short, or of one tenant
// and in order.
std::vector<Batch::SortEntry> Batch::SortByPrefix(std::span<const SortEntry> entries) {
  constexpr int kBits = 10;
  const auto bucket = [](const SortEntry& entry) { return entry.prefix >> (64 - kBits); };
  std::array<std::uint32_t, (1 << kBits) + 1> ends{};
  for (const SortEntry& entry : entries) ++ends[bucket(entry) + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<SortEntry> sorted(entries.size());
  for (const SortEntry& entry : entries) sorted[ends[bucket(entry)]++] = entry;
  for (std::size_t i = 0, begin = 0; i < (1 << kBits); begin = ends[i++]) {
    const auto part = std::span(sorted).subspan(begin, ends[i] - begin);
    if (!std::ranges::is_sorted(part)) std::ranges::sort(part);
  }
  return sorted;
}

// Rows of one tenant share a prefix and mostly come in the order of their keys: looking is cheaper than sorting.
void Batch::SortRunsByKey(std::span<const SortEntry> entries, std::span<std::uint32_t> order) const {
  const auto by_key = [this](std::uint32_t a, std::uint32_t b) { return Key(a) < Key(b); };
  for (std::size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    while (end < entries.size() && entries[end].prefix == entries[begin].prefix) ++end;
    const auto run = order.subspan(begin, end - begin);
    if (!std::ranges::is_sorted(run, by_key)) std::ranges::stable_sort(run, by_key);
  }
}

void Batch::SortByKey(std::span<std::uint32_t> rows) const {
  if (rows.size() < 2 || rows_[rows.front()].key_bytes == 0) return;
  std::vector<SortEntry> entries;
  entries.reserve(rows.size());
  for (const std::uint32_t row : rows) entries.push_back({PrefixOf(Key(row).substr(4)), row});
  const std::vector<SortEntry> sorted = SortByPrefix(entries);
  std::ranges::transform(sorted, rows.begin(), &SortEntry::row);
  SortRunsByKey(sorted, rows);
}

void Batch::Resolve(const BatchOutcome& outcome) {
  result_->Resolve(outcome);
  for (std::uint32_t row = 0; row < callbacks_.size(); ++row) {
    if (callbacks_[row]) std::move(callbacks_[row])(outcome.Of(row));
  }
  for (Joined& joined : joined_) {
    if (joined.callback) std::move(joined.callback)(OutcomeOfRepeat(outcome.Of(joined.row)));
  }
  callbacks_.clear();
  joined_.clear();
}

void Batch::Reset(std::uint64_t number) {
  number_ = number;
  used_ = 0;
  rows_.clear();
  result_ = std::make_shared<internal::BatchResult>();
}

}  // namespace bxb::write
