#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bxb::bench {

struct Pixel {
  double x, y;
};

/// An SVG with a title. It takes the page's background and follows its reader's choice of light or dark. Several may
/// stand in one HTML page: each keeps its style to itself.
class Svg {
 public:
  static constexpr double kWidth = 840;
  static constexpr double kMargin = 8;  ///< between the picture's edge and what is in it

  // What texts need to know about their size; the style says the same.
  static constexpr double kFontSize = 13;
  static constexpr double kSmallSize = 12;
  static constexpr double kRowHeight = 16;

  Svg(std::string_view title, std::string_view subtitle);

  /// Where the title ends.
  double top() const { return top_; }

  /// Marks; `classes` are the style's (see svg.cc). A tooltip may be empty.
  void Text(Pixel at, std::string_view classes, std::string_view text);
  void Texts(Pixel first, std::string_view classes, const std::vector<std::string>& rows);
  void Line(Pixel from, Pixel to, std::string_view classes);
  void Polyline(const std::vector<Pixel>& points, std::string_view classes, std::string_view tooltip);
  void Polygon(const std::vector<Pixel>& points, std::string_view classes, std::string_view tooltip);
  void Circle(Pixel center, double radius, std::string_view classes, std::string_view tooltip);
  void Bar(Pixel top_left, double width, double height, std::string_view classes, std::string_view tooltip);

  /// All marks until the end of it are in its color (see `Color`).
  void BeginGroup(std::string_view classes);
  void EndGroup();

  /// The whole picture, so high.
  std::string Close(double height) const;

 private:
  std::string scope_;
  std::string spoken_;
  std::string body_;
  double top_;
};

/// The class of the n-th line that is emphasized, or not.
std::string Color(bool emphasis, std::size_t n);

}  // namespace bxb::bench
