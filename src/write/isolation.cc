#include "write/isolation.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bxb::write {
namespace {

// Fewer ways send good rows more often, more ways cost more round trips.
constexpr std::size_t kWays = 8;

// A round trip costs about as much as so many rows.
constexpr std::size_t kShortest = 32;

constexpr std::size_t kGrowth = 4;

}  // namespace

Isolation::Isolation(std::vector<std::uint32_t> rows) { pieces_.push_back(std::move(rows)); }

std::span<const std::uint32_t> Isolation::Next() {
  while (!pieces_.empty() && pieces_.front().empty()) pieces_.pop_front();
  if (pieces_.empty() && !passed_.empty()) {
    pieces_.push_back(std::exchange(passed_, {}));
    longest_ = kUnlimited;
    trying_ = false;
    together_ = true;
  }
  if (pieces_.empty()) return {};
  if (pieces_.front().size() > longest_) {
    const Rows rest(pieces_.front().begin() + static_cast<std::ptrdiff_t>(longest_), pieces_.front().end());
    pieces_.front().resize(longest_);
    pieces_.insert(std::next(pieces_.begin()), rest);
  }
  return pieces_.front();
}

void Isolation::Stored() {
  pieces_.pop_front();
  Grow();
}

void Isolation::Passed() {
  passed_.insert(passed_.end(), pieces_.front().begin(), pieces_.front().end());
  pieces_.pop_front();
  Grow();
}

void Isolation::Grow() { longest_ = longest_ > kUnlimited / kGrowth ? kUnlimited : longest_ * kGrowth; }

std::optional<std::uint32_t> Isolation::Refused(std::optional<std::size_t> index) {
  Rows& piece = pieces_.front();
  if (!index && piece.size() == 1) index = 0;
  if (!index) return Split(), std::nullopt;
  const auto bad = piece.begin() + static_cast<std::ptrdiff_t>(*index);
  const std::uint32_t row = *bad;
  passed_.insert(passed_.end(), piece.begin(), bad);
  piece.erase(piece.begin(), std::next(bad));
  longest_ = std::max(kShortest, 2 * (*index + 1));
  return row;
}

void Isolation::Split() {
  may_try_ = may_try_ && !together_;
  trying_ = may_try_;
  const Rows piece = std::exchange(pieces_.front(), {});
  const std::size_t length = (piece.size() + kWays - 1) / kWays;
  for (std::size_t end = piece.size(); end > 0;) {
    const std::size_t begin = (end - 1) / length * length;
    pieces_.emplace_front(piece.begin() + static_cast<std::ptrdiff_t>(begin),
                          piece.begin() + static_cast<std::ptrdiff_t>(end));
    end = begin;
  }
}

std::vector<std::uint32_t> Isolation::TakeRest() {
  Rows rest = std::exchange(passed_, {});
  for (const Rows& piece : pieces_) rest.insert(rest.end(), piece.begin(), piece.end());
  pieces_.clear();
  return rest;
}

}  // namespace bxb::write
