#include "report/page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <ranges>
#include <string>
#include <vector>

#include "report/svg_reader.h"

namespace bxb::bench::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Cells = std::vector<std::string>;

Measured Of(double value) { return {.figure = Summary{value, value, value}, .why_not = {}}; }

Measured NotRun(std::string why) { return {.figure = {}, .why_not = std::move(why)}; }

Chapter ChapterOf(const std::string& name, Section section) {
  return {.name = name, .title = "About " + name, .section = std::move(section), .rounds = 3};
}

Page PageOf(std::vector<Chapter> chapters) {
  return {.facts = {{"cores", "2"}}, .command = "./dev bench report", .chapters = std::move(chapters)};
}

// The rows of the table whose first column is called so.
std::vector<Cells> Rows(const Page& page, const std::string& first_column) {
  for (const Block& block : Layout(page)) {
    const auto* table = std::get_if<TextTable>(&block);
    if (table != nullptr && table->head.front() == first_column) return table->rows;
  }
  return {};
}

// A column of the table of claims for one claim.
std::string ClaimCell(const Claimed& claimed, Unit unit, const Measured& measured, std::size_t column) {
  Section section;
  section.Claim(1, "what", claimed, unit, measured);
  return Rows(PageOf({ChapterOf("copy", section)}), "#").at(0).at(column);
}

constexpr std::size_t kClaimed = 2;
constexpr std::size_t kMeasured = 3;
constexpr std::size_t kRatio = 4;

std::vector<std::string> Warnings(const Page& page) {
  std::vector<std::string> texts;
  for (const Block& block : Layout(page)) {
    if (const auto* warning = std::get_if<Warning>(&block)) texts.push_back(warning->text);
  }
  return texts;
}

TEST(Page, SortsClaimsByNumberAcrossChapters) {
  Section first;
  first.Claim(3, "three", {1, 1}, Unit::kTimes, Of(1));
  first.Claim(1, "one", {1, 1}, Unit::kTimes, Of(1));
  Section second;
  second.Claim(2, "two", {1, 1}, Unit::kTimes, Of(1));
  second.Claim(1, "one, too", {1, 1}, Unit::kTimes, Of(1));
  std::vector<std::string> order;
  for (const Cells& row : Rows(PageOf({ChapterOf("a", first), ChapterOf("b", second)}), "#")) {
    order.push_back(row[0] + " " + row[1] + " " + row[5]);
  }
  EXPECT_THAT(order, ElementsAre("1 one [a](#a)", "1 one, too [b](#b)", "2 two [b](#b)", "3 three [a](#a)"));
}

TEST(Page, HoldsAClaimOfOneFigureAgainstWhatWasMeasured) {
  const Claimed claimed{100'000, 100'000};
  EXPECT_EQ(ClaimCell(claimed, Unit::kPerSecond, Of(250'000), kClaimed), "100,000/s");
  EXPECT_EQ(ClaimCell(claimed, Unit::kPerSecond, Of(250'000), kMeasured), "250,000/s");
  EXPECT_EQ(ClaimCell(claimed, Unit::kPerSecond, Of(250'000), kRatio), "2.50 x");
}

TEST(Page, HoldsBothEndsOfAClaimedRangeAgainstIt) {
  const Claimed claimed{0.2, 0.5};
  EXPECT_EQ(ClaimCell(claimed, Unit::kPercent, Of(0.1), kClaimed), "20 % .. 50 %");
  EXPECT_EQ(ClaimCell(claimed, Unit::kPercent, Of(0.1), kRatio), "0.20 x .. 0.50 x");
}

TEST(Page, HoldsNothingAgainstWords) {
  const Claimed claimed{.words = "almost nothing"};
  EXPECT_EQ(ClaimCell(claimed, Unit::kPercent, Of(0.1), kClaimed), "almost nothing");
  EXPECT_EQ(ClaimCell(claimed, Unit::kPercent, Of(0.1), kRatio), "");
}

TEST(Page, SaysWhyAClaimHasNoAnswer) {
  Section section;
  section.Claim(1, "its own reason", {1, 1}, Unit::kTimes, NotRun("no replica"));
  section.Claim(2, "the experiment's reason", {1, 1}, Unit::kTimes, NotRun(""));
  Chapter chapter = ChapterOf("lag", section);
  chapter.not_run = "no server";
  auto rows = Rows(PageOf({chapter}), "#");
  EXPECT_EQ(rows[0][kMeasured], "not run: no replica");
  EXPECT_EQ(rows[1][kMeasured], "not run: no server");
  EXPECT_EQ(rows[1][kRatio], "");
  chapter.not_run = "";
  rows = Rows(PageOf({chapter}), "#");
  EXPECT_EQ(rows[1][kMeasured], "not run: this run did not get to it");
}

TEST(Page, TellsWhereRoundsDisagreeAboutATarget) {
  Section section;
  section.Target("mostly", Unit::kTimes, Bound::kAtLeast, 0.9,
                 Measured{.figure = Summary{0.95, 0.8, 1}, .why_not = ""});
  section.Target("seldom", Unit::kTimes, Bound::kAtMost, 0.9, Measured{.figure = Summary{0.95, 0.8, 1}, .why_not = ""});
  constexpr std::size_t kVerdict = 3;
  const auto rows = Rows(PageOf({ChapterOf("copy", section)}), "bxb");
  EXPECT_EQ(rows[0][kVerdict], "met, but not in all rounds");
  EXPECT_EQ(rows[1][kVerdict], "not met, but in some rounds");
}

TEST(Page, TellsWhichTargetsAreMet) {
  Section section;
  section.Target("enough", Unit::kTimes, Bound::kAtLeast, 0.9, Of(0.9));
  section.Target("too little", Unit::kTimes, Bound::kAtLeast, 0.9, Of(0.8));
  section.Target("soon", Unit::kSeconds, Bound::kAtMost, 0.01, Of(0.005));
  section.Target("late", Unit::kSeconds, Bound::kAtMost, 0.01, Of(0.02));
  section.Target("shown", Unit::kCount, Bound::kShown, 0, Of(5));
  section.Target("missing", Unit::kTimes, Bound::kAtLeast, 0.9, NotRun("no disk"));
  EXPECT_THAT(Rows(PageOf({ChapterOf("copy", section)}), "bxb"),
              ElementsAre(Cells{"enough", "at least 0.90 x", "0.90 x", "met", "[copy](#copy)"},
                          Cells{"too little", "at least 0.90 x", "0.80 x", "not met", "[copy](#copy)"},
                          Cells{"soon", "at most 10.0 ms", "5.00 ms", "met", "[copy](#copy)"},
                          Cells{"late", "at most 10.0 ms", "20.0 ms", "not met", "[copy](#copy)"},
                          Cells{"shown", "", "5", "", "[copy](#copy)"},
                          Cells{"missing", "at least 0.90 x", "not run: no disk", "", "[copy](#copy)"}));
}

TEST(Page, MarksWhatRestsOnOneRound) {
  Section section;
  section.Claim(1, "what", {1, 1}, Unit::kTimes, Of(2));
  Chapter chapter = ChapterOf("copy", section);
  chapter.rounds = 1;
  EXPECT_EQ(Rows(PageOf({chapter}), "#").at(0).at(kMeasured), "2.00 x, one round");
}

TEST(Page, SaysThatTheRunIsNotOver) {
  Page page = PageOf({});
  EXPECT_THAT(Warnings(page), IsEmpty());
  page.complete = false;
  EXPECT_THAT(Warnings(page), ElementsAre(HasSubstr("has not come to its end")));
}

TEST(Page, HasNoTableOfClaimsOrTargetsWhereThereAreNone) {
  const Page page = PageOf({ChapterOf("copy", {})});
  EXPECT_THAT(Rows(page, "#"), IsEmpty());
  EXPECT_THAT(Rows(page, "bxb"), IsEmpty());
  EXPECT_THAT(Rows(page, "measured on"), ElementsAre(Cells{"cores", "2"}));
}

Page FullPage() {
  Section section;
  section.Claim(2, "COPY", {100'000, 100'000}, Unit::kPerSecond, Of(251'000));
  section.Target("of raw COPY", Unit::kTimes, Bound::kAtLeast, 0.9, Of(0.95));
  section.Add(TextTable{.head = {"connections", "rows/s"}, .rows = {{"1", "252,000/s"}, {"2", "none"}}});
  section.Add(Plot{.name = "rates", .caption = "Rates", .svg = "<svg></svg>"});
  return PageOf({ChapterOf("copy", section)});
}

TEST(Page, StrikesEveryFigureOutWhereTheBuildIsNotOptimized) {
  Page page = FullPage();
  page.optimized = false;
  EXPECT_THAT(Warnings(page), ElementsAre(StartsWith("NOT VALID: ")));
  const std::string markdown = Markdown(Layout(page), "plots");
  EXPECT_THAT(markdown, StartsWith("# PostgreSQL as an event store"));
  EXPECT_THAT(markdown, HasSubstr("> **NOT VALID: "));
  EXPECT_THAT(markdown, HasSubstr("| 100,000/s | ~~251,000/s~~ | ~~2.51 x~~ |"));
  EXPECT_THAT(markdown, HasSubstr("| at least 0.90 x | ~~0.95 x~~ | ~~met~~ |"));
  EXPECT_THAT(markdown, HasSubstr("| 1 | ~~252,000/s~~ |\n| 2 | none |"));
  EXPECT_THAT(markdown, HasSubstr("![NOT VALID: Rates]"));
  const std::string html = Html(Layout(page));
  EXPECT_THAT(html, HasSubstr("<p class=\"warning\">NOT VALID: "));
  EXPECT_THAT(All(html, "<s>([^<]*)</s>"), ElementsAre("251,000/s", "2.51 x", "0.95 x", "met", "252,000/s"));
  EXPECT_THAT(html, HasSubstr("<figcaption>NOT VALID: Rates</figcaption>"));
}

TEST(Page, StrikesNothingOutWhereItIs) {
  EXPECT_THAT(Warnings(FullPage()), IsEmpty());
  for (const std::string& text : {Markdown(Layout(FullPage()), "plots"), Html(Layout(FullPage()))}) {
    EXPECT_THAT(text, AllOf(HasSubstr("251,000/s"), HasSubstr("252,000/s"), Not(HasSubstr("NOT VALID"))));
    EXPECT_THAT(text, AllOf(Not(HasSubstr("~~")), Not(HasSubstr("<s>"))));
  }
}

TEST(Page, EveryLinkHasItsAnchor) {
  Section other;
  other.Claim(1, "one", {1, 1}, Unit::kTimes, Of(1));
  Page page = FullPage();
  page.chapters.push_back(ChapterOf("insert", other));
  const std::string markdown = Markdown(Layout(page), "");
  const std::string html = Html(Layout(page));
  EXPECT_THAT(All(markdown, "\\]\\(#([^)]*)\\)"), ElementsAre("insert", "copy", "copy"));
  EXPECT_THAT(All(html, "<a href=\"#([^\"]*)\">"), ElementsAre("insert", "copy", "copy"));
  for (const char* anchor : {"insert", "copy"}) {
    EXPECT_THAT(markdown, HasSubstr(fmt::format("<a id=\"{0}\"></a>\n\n## About {0}\n", anchor)));
    EXPECT_THAT(html, HasSubstr(fmt::format("<h2 id=\"{0}\">About {0}</h2>", anchor)));
  }
}

TEST(Page, AChapterThatFailedBehindSomeRoundsHasItsReasonAndItsFigures) {
  Page page = FullPage();
  page.chapters[0].rounds = 2;
  page.chapters[0].not_run = "no disk";
  EXPECT_THAT(Warnings(page), ElementsAre("Not run to its end: no disk"));
  EXPECT_THAT(Markdown(Layout(page), ""), AllOf(HasSubstr("251,000/s"), HasSubstr("2 rounds.")));
}

TEST(Page, AChapterThatDidNotRunHasItsReasonAlone) {
  Page page = PageOf({{.name = "lag", .title = "Lag", .section = {}, .rounds = 0, .not_run = "no replica"}});
  EXPECT_THAT(Warnings(page), ElementsAre("Not run: no replica"));
  EXPECT_THAT(Markdown(Layout(page), ""), Not(HasSubstr("rounds.")));
  page.chapters[0].rounds = 1;
  EXPECT_THAT(Markdown(Layout(page), ""), HasSubstr("1 round.\n"));
}

const Experiment kTold = {
    .name = "told", .title = "What is told", .tell = [](const Results& results, Section& section) {
      section.Claim(4, "rate", {10, 10}, Unit::kPerSecond, Figure(results, "a", "rows_per_s"));
    }};
const Experiment kFailed = {
    .name = "failed", .title = "What failed", .tell = [](const Results& results, Section& section) {
      section.Claim(5, "rate", {10, 10}, Unit::kPerSecond, Figure(results, "b", "rows_per_s"));
    }};

TEST(MakeChapters, TellsWhatTheJournalHasInTheExperimentsOrder) {
  const std::string path = fmt::format("{}chapters_{}.tsv", ::testing::TempDir(), getpid());
  Journal journal(path, "heading", true);
  journal.NotRun("failed", "no disk");
  journal.Value("told", "a", "rows_per_s", 1, 20);
  journal.Round("told", 1, 2);
  const std::vector<const Experiment*> experiments = {&kTold, &kFailed};
  const std::vector<Chapter> chapters = MakeChapters(experiments, journal);
  std::filesystem::remove(path);
  ASSERT_EQ(chapters.size(), 2);
  EXPECT_EQ(chapters[0].title, "What is told");
  EXPECT_EQ(chapters[0].rounds, 1);
  EXPECT_EQ(chapters[0].not_run, "");
  EXPECT_EQ(chapters[0].section.claims().at(0).measured.figure->median, 20);
  EXPECT_EQ(chapters[1].name, "failed");
  EXPECT_EQ(chapters[1].rounds, 0);
  EXPECT_EQ(chapters[1].not_run, "no disk");
  EXPECT_FALSE(chapters[1].section.claims().at(0).measured.figure);
}

}  // namespace
}  // namespace bxb::bench::report
