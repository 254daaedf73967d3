#include "support/svg.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "support/chart_text.h"

namespace bxb::bench {
namespace {

constexpr double kTitleSize = 17;
constexpr double kTitleRow = 22;
constexpr double kSubtitleRow = 18;
constexpr std::size_t kAccents = 2;
constexpr std::size_t kMuted = 8;

struct Rule {
  const char* selector;
  const char* declarations;
};

// Grids are translucent, so that they suit any background.
constexpr const char* kLight =
    "--ink:#1f2328;--soft:#59636e;--paper:#fff;--bar:#a8b7c7;--e0:#d1480b;--e1:#8a3206;--s0:#3a70aa;--s1:#66717d;"
    "--s2:#1f8278;--s3:#7562a8;--s4:#8a6d1f;--s5:#3f4b5b;--s6:#a34d78;--s7:#567a26;";
constexpr const char* kDark =
    "--ink:#e6edf3;--soft:#9aa5b1;--paper:#0d1117;--bar:#4c5d70;--e0:#ff7f45;--e1:#ffbd96;--s0:#74aee8;--s1:#9aa7b4;"
    "--s2:#54c2b5;--s3:#b3a1e6;--s4:#d3b45f;--s5:#cbd5e0;--s6:#e295bd;--s7:#a4c766;";
constexpr const char* kRoot =
    "max-width:100%;height:auto;font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,"
    "sans-serif;font-variant-numeric:tabular-nums";
constexpr std::array kRules = {
    Rule{"text", "fill:var(--ink)"},
    Rule{".title", "font-size:17px;font-weight:600"},
    Rule{".soft", "fill:var(--soft)"},
    Rule{".small", "font-size:12px"},
    Rule{".strong", "font-weight:600"},
    Rule{".end", "text-anchor:end"},
    Rule{".middle", "text-anchor:middle"},
    Rule{".name", "fill:currentColor;stroke:var(--paper);stroke-width:3px;paint-order:stroke;stroke-linejoin:round"},
    Rule{".grid", "stroke:#7d8794;stroke-opacity:.25"},
    Rule{".minor", "stroke:#7d8794;stroke-opacity:.1"},
    Rule{".axis", "stroke:var(--soft)"},
    Rule{".line", "fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round"},
    Rule{".strong.line", "stroke-width:3"},
    Rule{".dashed", "stroke-dasharray:6 5;stroke-linecap:butt"},
    Rule{".dot", "fill:currentColor"},
    Rule{".ringed", "stroke:var(--paper)"},
    Rule{".band", "fill:currentColor;fill-opacity:.15"},
    Rule{".whisker", "fill:none;stroke:currentColor;stroke-width:1.5"},
    Rule{".leader", "stroke:currentColor;stroke-opacity:.55"},
    Rule{".bar", "fill:var(--bar)"},
    Rule{".strong.bar", "fill:var(--e0)"},
    Rule{".ink", "color:var(--ink)"},
};

std::string Style(const std::string& scope) {
  std::string style = fmt::format("<style>\n.{0}{{{1}{2}}}\n@media (prefers-color-scheme:dark){{.{0}{{{3}}}}}\n", scope,
                                  kLight, kRoot, kDark);
  for (const Rule& rule : kRules) style += fmt::format(".{} {}{{{}}}\n", scope, rule.selector, rule.declarations);
  for (std::size_t i = 0; i < kAccents; ++i) style += fmt::format(".{0} .e{1}{{color:var(--e{1})}}\n", scope, i);
  for (std::size_t i = 0; i < kMuted; ++i) style += fmt::format(".{0} .s{1}{{color:var(--s{1})}}\n", scope, i);
  return style + "</style>\n";
}

// FNV-1a.
std::uint32_t Hash(std::string_view text) {
  std::uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return hash;
}

std::string Tooltip(std::string_view text) {
  return text.empty() ? "" : fmt::format("<title>{}</title>", Escape(text));
}

std::string Points(const std::vector<Pixel>& points) {
  std::string list;
  for (const auto& [x, y] : points) list += fmt::format("{}{:.1f},{:.1f}", list.empty() ? "" : " ", x, y);
  return list;
}

}  // namespace

Svg::Svg(std::string_view title, std::string_view subtitle)
    : scope_(fmt::format("chart-{:08x}", Hash(title))),
      spoken_(subtitle.empty() ? std::string(title) : fmt::format("{}. {}", title, subtitle)) {
  constexpr double kRoom = kWidth - 2 * kMargin;
  double y = 2;
  for (const std::string& row : Wrap(title, kTitleSize * kBold, kRoom)) Text({kMargin, y += kTitleRow}, "title", row);
  for (const std::string& row : Wrap(subtitle, kFontSize, kRoom)) Text({kMargin, y += kSubtitleRow}, "soft", row);
  top_ = y + 10;
}

void Svg::Text(Pixel at, std::string_view classes, std::string_view text) {
  body_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", classes, at.x, at.y, Escape(text));
}

void Svg::Texts(Pixel first, std::string_view classes, const std::vector<std::string>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Text({first.x, first.y + static_cast<double>(i) * kRowHeight}, classes, rows[i]);
  }
}

void Svg::Line(Pixel from, Pixel to, std::string_view classes) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", classes,
                       from.x, from.y, to.x, to.y);
}

void Svg::Polyline(const std::vector<Pixel>& points, std::string_view classes, std::string_view tooltip) {
  body_ +=
      fmt::format("<polyline class=\"{}\" points=\"{}\">{}</polyline>\n", classes, Points(points), Tooltip(tooltip));
}

void Svg::Polygon(const std::vector<Pixel>& points, std::string_view classes, std::string_view tooltip) {
  body_ += fmt::format("<polygon class=\"{}\" points=\"{}\">{}</polygon>\n", classes, Points(points), Tooltip(tooltip));
}

void Svg::Circle(Pixel center, double radius, std::string_view classes, std::string_view tooltip) {
  body_ += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\">{}</circle>\n", classes, center.x,
                       center.y, radius, Tooltip(tooltip));
}

void Svg::Bar(Pixel top_left, double width, double height, std::string_view classes, std::string_view tooltip) {
  body_ += fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1.5\">{}</rect>\n", classes,
      top_left.x, top_left.y, width, height, Tooltip(tooltip));
}

void Svg::BeginGroup(std::string_view classes) { body_ += fmt::format("<g class=\"{}\">\n", classes); }
void Svg::EndGroup() { body_ += "</g>\n"; }

std::string Svg::Close(double height) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{0}\" viewBox=\"0 0 {1:.0f} {2:.0f}\" width=\"{1:.0f}\" "
      "height=\"{2:.0f}\" role=\"img\" aria-label=\"{3}\">\n{4}{5}</svg>\n",
      scope_, kWidth, height, Escape(spoken_), Style(scope_), body_);
}

std::string Color(bool emphasis, std::size_t n) {
  return emphasis ? fmt::format("e{}", n % kAccents) : fmt::format("s{}", n % kMuted);
}

}  // namespace bxb::bench
