#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "report/page.h"

namespace bxb::bench::report {
namespace {

// What would end a cell, or begin markup. Backquotes, links and strokes are ours.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

// Text between backquotes is code, where nothing is escaped.
std::string Inline(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t open = text.find('`', begin);
    const std::size_t close = open == std::string::npos ? open : text.find('`', open + 1);
    if (close == std::string::npos) return out + Escaped(text.substr(begin));
    out += Escaped(text.substr(begin, open - begin)) + text.substr(open, close - open + 1);
    begin = close + 1;
  }
  return out;
}

class Renderer {
 public:
  explicit Renderer(const std::string& plots) : plots_(plots) {}

  std::string operator()(const Heading& heading) const {
    const std::string anchor = heading.anchor.empty() ? "" : fmt::format("<a id=\"{}\"></a>\n\n", heading.anchor);
    return fmt::format("{}{} {}\n\n", anchor, std::string(static_cast<std::size_t>(heading.level), '#'),
                       Inline(heading.text));
  }

  std::string operator()(const Warning& warning) const { return fmt::format("> **{}**\n\n", Inline(warning.text)); }

  std::string operator()(const Paragraph& paragraph) const { return Inline(paragraph.text) + "\n\n"; }

  std::string operator()(const TextTable& table) const {
    std::string text = Row(table.head) + "|";
    for (std::size_t i = 0; i < table.head.size(); ++i) text += "---|";
    text += "\n";
    for (const auto& row : table.rows) text += Row(row);
    return text + "\n";
  }

  std::string operator()(const Plot& plot) const {
    if (plots_.empty()) return "";
    return fmt::format("![{0}]({1}/{2}.svg)\n\n", Inline(plot.caption), plots_, plot.name);
  }

 private:
  static std::string Row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += fmt::format(" {} |", Inline(cell));
    return text + "\n";
  }

  const std::string& plots_;
};

}  // namespace

std::string Markdown(std::span<const Block> blocks, const std::string& plots) {
  const Renderer renderer(plots);
  std::string text;
  for (const Block& block : blocks) text += std::visit(renderer, block);
  return text.substr(0, text.find_last_not_of('\n') + 1) + "\n";
}

}  // namespace bxb::bench::report
