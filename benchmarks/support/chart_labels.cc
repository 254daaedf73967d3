#include "support/chart_labels.h"

#include <algorithm>
#include <cmath>

namespace bxb::bench {
namespace {

using Labels = std::vector<LineLabel*>;

constexpr double kAtRight = 14;   // lines that end so near to the rightmost end share its column
constexpr double kFarLabel = 10;  // beyond it a leader is needed

bool Overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

bool Holds(const Box& box, const Pixel& pixel) {
  constexpr double kSpace = 3;
  return pixel.x > box.left - kSpace && pixel.x < box.right + kSpace && pixel.y > box.top - kSpace &&
         pixel.y < box.bottom + kSpace;
}

// Labels that touch each other, one under the other.
struct Stack {
  double top;
  double height;
  std::size_t count;

  // The mean of where each of its labels would have it.
  void Join(const Stack& below) {
    const auto mine = static_cast<double>(count);
    const auto theirs = static_cast<double>(below.count);
    top = (mine * top + theirs * (below.top - height)) / (mine + theirs);
    height += below.height;
    count += below.count;
  }
  void Keep(const Box& room) { top = std::max(room.top, std::min(top, room.bottom - height)); }
};

std::vector<Stack> Stacks(const Labels& column, const Box& room) {
  std::vector<Stack> stacks;
  for (const LineLabel* label : column) {
    stacks.push_back({label->end.y - label->height() / 2, label->height(), 1});
    stacks.back().Keep(room);
    while (stacks.size() > 1 && stacks[stacks.size() - 2].top + stacks[stacks.size() - 2].height > stacks.back().top) {
      const Stack below = stacks.back();
      stacks.pop_back();
      stacks.back().Join(below);
      stacks.back().Keep(room);
    }
  }
  return stacks;
}

// Behind the rightmost end, which is at `right`.
void PlaceColumn(Labels column, double right, const Box& room) {
  std::ranges::stable_sort(column, {}, [](const LineLabel* label) { return label->end.y; });
  bool leaders = false;
  std::size_t next = 0;
  for (const Stack& stack : Stacks(column, room)) {
    double top = stack.top;
    for (std::size_t i = 0; i < stack.count; ++i) {
      LineLabel& label = *column[next++];
      label.at.y = top;
      top += label.height();
      label.leader =
          right - label.end.x > kAtRight || std::abs(label.at.y + label.height() / 2 - label.end.y) > kFarLabel;
      leaders |= label.leader;
    }
  }
  for (LineLabel* label : column) label->at.x = right + (leaders ? kLeaderGap : kLabelGap);
}

// Behind the end, and a little higher or lower; then over and under it.
std::vector<Pixel> Candidates(const LineLabel& label) {
  const double middle = label.end.y - label.height() / 2;
  std::vector<Pixel> candidates;
  for (const double shift : {0.0, -5.0, 5.0, -10.0, 10.0}) {
    candidates.push_back({label.end.x + kLabelGap, middle + shift});
  }
  const double left = label.end.x - label.width / 2;
  for (const double shift : {8.0, 14.0}) {
    candidates.push_back({left, label.end.y - label.height() - shift});
    candidates.push_back({left, label.end.y + shift});
  }
  return candidates;
}

bool IsFree(const LineLabel& label, const Labels& placed, const Box& room, const std::vector<Pixel>& ink) {
  const Box box = label.box();
  if (box.left < room.left || box.right > room.right || box.top < room.top || box.bottom > room.bottom) return false;
  return std::ranges::none_of(placed, [&](const LineLabel* other) { return Overlap(box, other->box()); }) &&
         std::ranges::none_of(ink, [&](const Pixel& pixel) { return Holds(box, pixel); });
}

bool PlaceAtEnd(LineLabel& label, const Labels& placed, const Box& room, const std::vector<Pixel>& ink) {
  for (const Pixel& candidate : Candidates(label)) {
    label.at = candidate;
    if (IsFree(label, placed, room, ink)) return true;
  }
  return false;
}

}  // namespace

void PlaceLabels(std::vector<LineLabel>& labels, const Box& room, const std::vector<Pixel>& ink) {
  double right = room.left;
  for (const LineLabel& label : labels) right = std::max(right, label.end.x);
  Labels column, inside;
  for (LineLabel& label : labels) (label.end.x > right - kAtRight ? column : inside).push_back(&label);
  PlaceColumn(column, right, room);
  // Each that finds no place moves the column, and with it the room of those before.
  for (std::size_t i = 0; i < inside.size();) {
    Labels placed = column;
    placed.insert(placed.end(), inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(i));
    if (PlaceAtEnd(*inside[i], placed, room, ink)) {
      ++i;
      continue;
    }
    column.push_back(inside[i]);
    inside.erase(inside.begin() + static_cast<std::ptrdiff_t>(i));
    PlaceColumn(column, right, room);
    i = 0;
  }
}

}  // namespace bxb::bench
