#pragma once

#include <string>
#include <vector>

#include "support/svg.h"

namespace bxb::bench {

/// Where something may stand.
struct Box {
  double left, top, right, bottom;
};

/// A line's name, to stand behind its end.
struct LineLabel {
  Pixel end;  ///< the line's
  std::vector<std::string> rows;
  double width;
  Pixel at = {0, 0};    ///< its upper left corner
  bool leader = false;  ///< it stands so far from the line's end that something must lead there

  double height() const { return static_cast<double>(rows.size()) * Svg::kRowHeight + 4; }
  Box box() const { return {at.x, at.y, at.x + width, at.y + height()}; }
};

/// How far behind the end of its line a label stands.
inline constexpr double kLabelGap = 11;

/// The same for those at the right that had to make room for each other.
inline constexpr double kLeaderGap = 24;

/// Gives each a place of its own within `room`: lines that end at the right have theirs in one column, others where
/// they end, if nothing is drawn there (`ink`, dense), and else in the column too.
void PlaceLabels(std::vector<LineLabel>& labels, const Box& room, const std::vector<Pixel>& ink);

}  // namespace bxb::bench
