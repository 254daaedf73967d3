// How blocks become Markdown and HTML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/page.h"
#include "report/svg_reader.h"

namespace bxb::bench::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string MarkdownOf(Block block) { return Markdown(std::vector{std::move(block)}, "plots"); }

// What is between <body> and </body>.
std::string HtmlOf(Block block) {
  const std::string html = Html(std::vector{std::move(block)});
  const std::size_t begin = html.find("<body>\n") + 7;
  return html.substr(begin, html.find("</body>") - begin);
}

TEST(Markdown, EscapesMarkupButNotInCode) {
  EXPECT_EQ(MarkdownOf(Paragraph{"a | b_c <d> *e* `f | g_h <i> *j*` k_l"}),
            "a \\| b\\_c \\<d> \\*e\\* `f | g_h <i> *j*` k\\_l\n");
}

TEST(Markdown, ALoneBackquoteBeginsNoCode) { EXPECT_EQ(MarkdownOf(Paragraph{"a ` b_c"}), "a ` b\\_c\n"); }

TEST(Markdown, ACellStaysOne) {
  EXPECT_EQ(MarkdownOf(TextTable{.head = {"a|b", "c"}, .rows = {{"one\ntwo", "<3>"}, {"", "~~4~~"}}}),
            "| a\\|b | c |\n|---|---|\n| one two | \\<3> |\n|  | ~~4~~ |\n");
}

TEST(Markdown, HeadingsHaveTheirLevelAndTheirAnchor) {
  EXPECT_EQ(MarkdownOf(Heading{1, "Title", ""}), "# Title\n");
  EXPECT_EQ(MarkdownOf(Heading{2, "A_b", "ab"}), "<a id=\"ab\"></a>\n\n## A\\_b\n");
}

TEST(Markdown, HasPlotsWhereTheyAreWanted) {
  const std::vector<Block> blocks = {Paragraph{"Before."}, Plot{"rates", "Rates_of <all>", "<svg></svg>"},
                                     Paragraph{"Behind."}};
  EXPECT_EQ(Markdown(blocks, "pictures"), "Before.\n\n![Rates\\_of \\<all>](pictures/rates.svg)\n\nBehind.\n");
  EXPECT_EQ(Markdown(blocks, ""), "Before.\n\nBehind.\n");
}

TEST(Html, EscapesTextAndCode) {
  EXPECT_EQ(HtmlOf(Paragraph{"a & <b> \"c\" `d & <e> \"f\"`"}),
            "<p>a &amp; &lt;b&gt; &quot;c&quot; <code>d &amp; &lt;e&gt; &quot;f&quot;</code></p>\n");
}

TEST(Html, EscapesEveryPlaceThatHasText) {
  const std::string hostile = "<b>&\"";
  const std::vector<Block> blocks = {Heading{1, hostile, ""},
                                     Heading{2, hostile, hostile},
                                     Warning{hostile},
                                     Paragraph{"~~" + hostile + "~~"},
                                     Paragraph{"[" + hostile + "](#" + hostile + ")"},
                                     TextTable{.head = {hostile}, .rows = {{hostile}}},
                                     Plot{"name", hostile, "<svg></svg>"}};
  const std::string html = Html(blocks);
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<b>")), Not(HasSubstr("&\""))));
  EXPECT_EQ(All(html, "(&lt;b&gt;&amp;&quot;)").size(), 11);
  EXPECT_THAT(All(html, "<title>([^<]*)</title>"), ElementsAre("&lt;b&gt;&amp;&quot;"));
}

TEST(Html, KnowsCodeStrokesAndLinks) {
  EXPECT_EQ(HtmlOf(Paragraph{"`a` ~~b~~ [c](#d)"}), "<p><code>a</code> <s>b</s> <a href=\"#d\">c</a></p>\n");
}

TEST(Html, LeavesWhatOnlyLooksLikeMarkup) {
  EXPECT_EQ(HtmlOf(Paragraph{"a ` b ~~ c [d] (e) [f](g)"}), "<p>a ` b ~~ c [d] (e) [f](g)</p>\n");
}

TEST(Html, MarksFiguresAndWhatIsMissing) {
  const std::string html = HtmlOf(TextTable{
      .head = {"a"},
      .rows = {{"1.50 x"}, {"not run: no disk"}, {"met"}, {"met, but"}, {"not met"}, {"not met, but"}, {"text"}}});
  EXPECT_THAT(
      All(html, "(<td[^\n]*</td>)"),
      ElementsAre("<td class=\"figure\">1.50 x</td>", "<td class=\"not-run\">not run: no disk</td>",
                  "<td class=\"met\">met</td>", "<td class=\"met\">met, but</td>", "<td class=\"not-met\">not met</td>",
                  "<td class=\"not-met\">not met, but</td>", "<td>text</td>"));
}

TEST(Html, HoldsItsPlots) {
  EXPECT_EQ(HtmlOf(Plot{"rates", "Rates", "<svg><g></g></svg>"}),
            "<figure><svg><g></g></svg><figcaption>Rates</figcaption></figure>\n");
}

}  // namespace
}  // namespace bxb::bench::report
