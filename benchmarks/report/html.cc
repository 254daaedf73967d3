#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "report/page.h"
#include "support/chart_text.h"

namespace bxb::bench::report {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --line: #d1d9e0; --back: #fff; --mark: #fff1e5;
  --warn: #cf222e; --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --line: #3d444d; --back: #0d1117;
  --mark: #2a1e12; --warn: #ff7b72; --link: #4493f8; } }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.2rem 5rem; color: var(--text); background: var(--back);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.25; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .92rem; margin: 1rem 0; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.figure { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; } td.not-run { color: var(--soft); font-style: italic; }
td.met::before { content: "\2713\00a0"; color: #1a7f37; } td.met, td.not-met { white-space: nowrap; }
td.not-met { color: var(--warn); font-weight: 600; }
.warning { border-left: 4px solid var(--warn); background: var(--mark); padding: .6rem 1rem; font-weight: 600; }
figure { margin: 1.4rem 0; } figure svg { width: 100%; height: auto; } figcaption { color: var(--soft);
  font-size: .9rem; } code { font-size: .88em; background: var(--mark); padding: .1em .3em; border-radius: 4px; }
)css";

// Takes `open`text`close` at the front of `text`, and says what is between them.
bool TakeBetween(std::string_view& text, std::string_view open, std::string_view close, std::string_view& inner) {
  if (!text.starts_with(open)) return false;
  const std::size_t end = text.find(close, open.size());
  if (end == std::string_view::npos) return false;
  inner = text.substr(open.size(), end - open.size());
  text.remove_prefix(end + close.size());
  return true;
}

// The little markup that texts have: `code`, ~~struck out~~, [text](#anchor).
std::string Inline(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    std::string_view inner;
    std::string_view target;
    std::string_view rest = text;
    if (TakeBetween(text, "`", "`", inner)) {
      html += fmt::format("<code>{}</code>", Escape(inner));
    } else if (TakeBetween(text, "~~", "~~", inner)) {
      html += fmt::format("<s>{}</s>", Escape(inner));
    } else if (TakeBetween(rest, "[", "](", inner) && TakeBetween(rest, "#", ")", target)) {
      html += fmt::format("<a href=\"#{}\">{}</a>", Escape(target), Escape(inner));
      text = rest;
    } else {
      html += Escape(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
  return html;
}

std::string_view ClassOf(const std::string& cell, bool of_words) {
  if (cell.starts_with("not run")) return " class=\"not-run\"";
  if (cell == "met" || cell.starts_with("met, ")) return " class=\"met\"";
  if (cell.starts_with("not met")) return " class=\"not-met\"";
  const bool figure =
      !of_words && !cell.empty() && cell.size() < 40 && (std::isdigit(static_cast<unsigned char>(cell[0])) != 0);
  return figure ? " class=\"figure\"" : "";
}

struct Renderer {
  std::string operator()(const Heading& heading) const {
    const std::string id = heading.anchor.empty() ? "" : fmt::format(" id=\"{}\"", Escape(heading.anchor));
    return fmt::format("<h{0}{1}>{2}</h{0}>\n", heading.level, id, Inline(heading.text));
  }

  std::string operator()(const Warning& warning) const {
    return fmt::format("<p class=\"warning\">{}</p>\n", Inline(warning.text));
  }

  std::string operator()(const Paragraph& paragraph) const {
    return fmt::format("<p>{}</p>\n", Inline(paragraph.text));
  }

  std::string operator()(const TextTable& table) const {
    std::string html = "<div class=\"wide\"><table>\n<tr>";
    for (const std::string& cell : table.head) html += fmt::format("<th>{}</th>", Inline(cell));
    html += "</tr>\n";
    for (const auto& row : table.rows) {
      html += "<tr>";
      for (const std::string& cell : row)
        html += fmt::format("<td{}>{}</td>", ClassOf(cell, table.of_words), Inline(cell));
      html += "</tr>\n";
    }
    return html + "</table></div>\n";
  }

  std::string operator()(const Plot& plot) const {
    return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", plot.svg, Inline(plot.caption));
  }
};

}  // namespace

std::string Html(std::span<const Block> blocks) {
  std::string body;
  std::string title;
  for (const Block& block : blocks) {
    const auto* heading = std::get_if<Heading>(&block);
    if (heading != nullptr && heading->level == 1) title = heading->text;
    body += std::visit(Renderer{}, block);
  }
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n<body>\n{}</body>\n"
      "</html>\n",
      Escape(title), kStyle, body);
}

}  // namespace bxb::bench::report
