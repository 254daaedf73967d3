#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bxb::bench {

/// As text or as an attribute's value in XML. Control characters, which XML has no way to write, become spaces.
std::string Escape(std::string_view text);

/// About as wide as a system's sans-serif draws it, rather more than less.
double TextWidth(std::string_view text, double font_size);

/// How much wider bold text is.
inline constexpr double kBold = 1.12;

/// Broken at spaces into rows of at most that width; a longer word has a row of its own.
std::vector<std::string> Wrap(std::string_view text, double font_size, double width);

/// The widest of these rows.
double Widest(const std::vector<std::string>& rows, double font_size);

/// 0.125, 12.5, 1,250: with four figures that count, or all where there is no fraction. Empty if it is not finite.
std::string Number(double value);

}  // namespace bxb::bench
