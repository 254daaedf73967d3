#include "support/chart_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bxb::bench {
namespace {

// In parts of the font's size.
double CharacterWidth(unsigned char c) {
  constexpr std::string_view kNarrow = "iljtfrI.,:;'|!()[]/ ";
  constexpr std::string_view kWide = "mwMW@%";
  const char character = static_cast<char>(c);
  if (c >= 0x80 && c < 0xC0) return 0;  // goes on with a UTF-8 character
  if (c >= 0xE3) return 1;              // Chinese, Japanese, Korean, pictures
  if (kNarrow.find(character) != std::string_view::npos) return 0.35;
  if (kWide.find(character) != std::string_view::npos) return 0.93;
  if (c >= '0' && c <= '9') return 0.64;
  return c >= 'A' && c <= 'Z' ? 0.7 : 0.6;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

double TextWidth(std::string_view text, double font_size) {
  double width = 0;
  for (const char c : text) width += CharacterWidth(static_cast<unsigned char>(c));
  return width * font_size;
}

std::vector<std::string> Wrap(std::string_view text, double font_size, double width) {
  std::vector<std::string> rows;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const std::string longer = rows.empty() ? "" : fmt::format("{} {}", rows.back(), word);
    if (!rows.empty() && TextWidth(longer, font_size) <= width) {
      rows.back() = longer;
    } else {
      rows.emplace_back(word);
    }
  }
  return rows;
}

double Widest(const std::vector<std::string>& rows, double font_size) {
  double widest = 0;
  for (const std::string& row : rows) widest = std::max(widest, TextWidth(row, font_size));
  return widest;
}

std::string Number(double value) {
  if (!std::isfinite(value)) return "";
  const double size = std::abs(value);
  std::string digits = size >= 1000 && size < 1e15 ? fmt::format("{:.0f}", size) : fmt::format("{:.4g}", size);
  if (digits.find_first_of(".e") == std::string::npos) {
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  }
  return value < 0 && digits != "0" ? "-" + digits : digits;
}

}  // namespace bxb::bench
