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

Isolation::Isolation(std::vector<std::uint32_t> rows) {
  pieces_.push_back({.mode = Mode::kWhole, .rows = std::move(rows)});
}

std::span<const std::uint32_t> Isolation::Next() {
  while (!pieces_.empty() && Current().empty()) pieces_.pop_front();
  if (pieces_.empty()) Hurry();
  return pieces_.empty() ? std::span<const std::uint32_t>() : Current();
}

std::span<const std::uint32_t> Isolation::Current() const {
  const Piece& piece = pieces_.front();
  const std::size_t longest = piece.mode == Mode::kTogether ? kUnlimited : longest_;
  return std::span(piece.rows).subspan(piece.first, std::min(longest, piece.rows.size() - piece.first));
}

std::span<std::uint32_t> Isolation::Reorder() {
  const std::size_t size = Current().size();
  return std::span(pieces_.front().rows).subspan(pieces_.front().first, size);
}

void Isolation::Advance(std::size_t rows) { pieces_.front().first += rows; }

void Isolation::Stored() {
  Advance(Current().size());
  longest_ = longest_ > kUnlimited / kGrowth ? kUnlimited : longest_ * kGrowth;
}

void Isolation::Passed() {
  const auto rows = Current();
  passed_.insert(passed_.end(), rows.begin(), rows.end());
  Stored();
}

std::optional<std::uint32_t> Isolation::Refused(std::optional<std::size_t> index) {
  const auto rows = Current();
  if (!index && rows.size() == 1) index = 0;
  if (!index) return Split(), std::nullopt;
  const std::uint32_t bad = rows[*index];
  passed_.insert(passed_.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(*index));
  Advance(*index + 1);
  longest_ = std::max(kShortest, 2 * (*index + 1));
  return bad;
}

void Isolation::Split() {
  const Rows rows(Current().begin(), Current().end());
  const Mode was = pieces_.front().mode;
  const Mode mode = was == Mode::kTogether || was == Mode::kPart ? Mode::kPart : Mode::kTry;
  Advance(rows.size());
  const std::size_t length = (rows.size() + kWays - 1) / kWays;
  for (std::size_t end = rows.size(); end > 0;) {
    const std::size_t begin = (end - 1) / length * length;
    const auto part = std::span(rows).subspan(begin, end - begin);
    pieces_.push_front({.mode = mode, .rows = Rows(part.begin(), part.end())});
    end = begin;
  }
}

void Isolation::Narrow(Rows left) {
  Advance(Current().size());
  pieces_.push_front({.mode = Mode::kLeft, .rows = std::move(left)});
}

void Isolation::Postpone(const Rows& later) {
  auto next = later.begin();
  Rows left;
  for (const std::uint32_t row : Current()) {
    const bool waits = next != later.end() && *next == row;
    waits ? void(++next) : left.push_back(row);
  }
  Narrow(std::move(left));
  pieces_.push_back({.mode = Mode::kLeft, .rows = later});
}

void Isolation::Hurry() {
  if (!passed_.empty()) pieces_.push_front({.mode = Mode::kTogether, .rows = std::exchange(passed_, {})});
}

std::vector<std::uint32_t> Isolation::TakeRest() {
  Rows rest = std::exchange(passed_, {});
  for (const Piece& piece : pieces_) {
    rest.insert(rest.end(), piece.rows.begin() + static_cast<std::ptrdiff_t>(piece.first), piece.rows.end());
  }
  pieces_.clear();
  return rest;
}

}  // namespace bxb::write
