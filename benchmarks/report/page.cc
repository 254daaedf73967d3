#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace bxb::bench::report {
namespace {

constexpr std::string_view kTitle = "PostgreSQL as an event store: what is claimed, what is measured, and bxb";

std::string Ratio(const ClaimRow& row) {
  const Claimed& claimed = row.claimed;
  if (!row.measured.figure || claimed.low <= 0 || claimed.high <= 0) return "";
  const double measured = row.measured.figure->median;
  if (claimed.low == claimed.high) return Format(measured / claimed.low, Unit::kTimes);
  return fmt::format("{} .. {}", Format(measured / claimed.high, Unit::kTimes),
                     Format(measured / claimed.low, Unit::kTimes));
}

std::string Words(const ClaimRow& row) {
  const Claimed& claimed = row.claimed;
  if (!claimed.words.empty()) return claimed.words;
  const std::string low = Format(claimed.low, row.unit);
  return claimed.low == claimed.high ? low : fmt::format("{} .. {}", low, Format(claimed.high, row.unit));
}

class Writer {
 public:
  explicit Writer(const Page& page) : page_(page) {}

  std::vector<Block> Write() {
    blocks_.emplace_back(Heading{1, std::string(kTitle), ""});
    Warn();
    Text(
        fmt::format("Made by `{}`. Every figure is the median of its rounds, in brackets the lowest and the highest; "
                    "what is compared ran interleaved, round by round, against the same server and on the same rows, "
                    "unless its section says otherwise.",
                    page_.command));
    WriteFacts();
    WriteClaims();
    WriteTargets();
    for (const Chapter& chapter : page_.chapters) WriteChapter(chapter);
    return std::move(blocks_);
  }

 private:
  void Text(std::string text) { blocks_.emplace_back(Paragraph{std::move(text)}); }

  void Warn() {
    if (!page_.complete) {
      blocks_.emplace_back(Warning{"The run has not come to its end: what is missing is still to come."});
    }
    if (page_.optimized) return;
    blocks_.emplace_back(Warning{
        "NOT VALID: this program was built without optimisation. Its figures say nothing about anything; they are "
        "struck out. Build it with -DCMAKE_BUILD_TYPE=Release."});
  }

  void WriteFacts() {
    TextTable table{.head = {"measured on", ""}, .rows = {}, .of_words = true};
    for (const auto& [name, value] : page_.facts) table.rows.push_back({name, value});
    blocks_.emplace_back(std::move(table));
  }

  std::string Answer(const Measured& measured, Unit unit, const Chapter& chapter) const {
    const char* rounds = chapter.rounds == 1 ? ", one round" : "";
    if (measured.figure) return Struck(Format(*measured.figure, unit) + rounds);
    const std::string& why = measured.why_not.empty() ? chapter.not_run : measured.why_not;
    return "not run: " + (why.empty() ? "this run did not get to it" : why);
  }

  std::string Struck(std::string figure) const {
    return page_.optimized || figure.empty() ? figure : fmt::format("~~{}~~", figure);
  }

  void WriteClaims() {
    std::vector<std::pair<int, std::vector<std::string>>> rows;
    for (const Chapter& chapter : page_.chapters) {
      for (const ClaimRow& row : chapter.section.claims()) {
        rows.emplace_back(row.number, std::vector{std::to_string(row.number), row.what, Words(row),
                                                  Answer(row.measured, row.unit, chapter), Struck(Ratio(row)),
                                                  fmt::format("[{0}](#{0})", chapter.name)});
      }
    }
    if (rows.empty()) return;
    std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.first; });
    TextTable table{.head = {"#", "claim", "claimed", "measured", "measured / claimed", "how"}, .rows = {}};
    std::ranges::transform(rows, std::back_inserter(table.rows), [](auto& row) { return std::move(row.second); });
    blocks_.emplace_back(Heading{2, "What the field claims", "claims"});
    Text(
        "The field is what talks, articles and vendors' pages repeat about PostgreSQL as a store of events. Its "
        "figures stand here as they are told, mostly without the machine, the row and the settings that they were "
        "measured with: a ratio far from 1 tells how far such a figure carries, not who is wrong.");
    blocks_.emplace_back(std::move(table));
  }

  void WriteTargets() {
    TextTable table{.head = {"bxb", "target", "measured", "", "how"}, .rows = {}};
    for (const Chapter& chapter : page_.chapters) {
      for (const TargetRow& row : chapter.section.targets()) table.rows.push_back(TargetCells(row, chapter));
    }
    if (table.rows.empty()) return;
    blocks_.emplace_back(Heading{2, "What bxb's design asks for", "targets"});
    Text(
        "Words: a lane is one of the writer's connections, with its thread; the dedup key is what makes an event the "
        "same event, and has a unique index; the layouts seed, lean and append are bxb's tables with three indexes "
        "beside the dedup key's, with one, and with a BRIN. The median decides whether a target is met.");
    blocks_.emplace_back(std::move(table));
  }

  // The median decides; where some rounds were on the other side, it says so.
  static std::string Verdict(const TargetRow& row, const Summary& measured) {
    if (row.bound == Bound::kShown) return "";
    const auto meets = [&](double value) {
      return row.bound == Bound::kAtLeast ? value >= row.limit : value <= row.limit;
    };
    const bool agreed = meets(measured.min) == meets(measured.max);
    if (meets(measured.median)) return agreed ? "met" : "met, but not in all rounds";
    return agreed ? "not met" : "not met, but in some rounds";
  }

  std::vector<std::string> TargetCells(const TargetRow& row, const Chapter& chapter) const {
    const std::string verdict = row.measured.figure ? Verdict(row, *row.measured.figure) : "";
    const std::string limit = row.bound == Bound::kShown     ? ""
                              : row.bound == Bound::kAtLeast ? "at least " + Format(row.limit, row.unit)
                                                             : "at most " + Format(row.limit, row.unit);
    return {row.what, limit, Answer(row.measured, row.unit, chapter), Struck(verdict),
            fmt::format("[{0}](#{0})", chapter.name)};
  }

  // Figures of a build that is not valid must not be believed anywhere on the page.
  Paragraph Marked(Paragraph paragraph) const { return paragraph; }

  TextTable Marked(TextTable table) const {
    for (std::vector<std::string>& row : table.rows) {
      for (std::string& cell : row | std::views::drop(1)) {
        if (cell.find_first_of("0123456789") != std::string::npos) cell = Struck(std::move(cell));
      }
    }
    return table;
  }

  Plot Marked(Plot plot) const {
    if (!page_.optimized) plot.caption = "NOT VALID: " + plot.caption;
    return plot;
  }

  void WriteChapter(const Chapter& chapter) {
    blocks_.emplace_back(Heading{2, chapter.title, chapter.name});
    if (!chapter.not_run.empty()) {
      blocks_.emplace_back(
          Warning{"Not run" + std::string(chapter.rounds > 0 ? " to its end: " : ": ") + chapter.not_run});
    }
    for (const Section::Part& part : chapter.section.parts()) {
      std::visit([this](const auto& each) { blocks_.emplace_back(Marked(each)); }, part);
    }
    if (chapter.rounds > 0) Text(fmt::format("{} round{}.", chapter.rounds, chapter.rounds == 1 ? "" : "s"));
  }

  const Page& page_;
  std::vector<Block> blocks_;
};

}  // namespace

std::vector<Chapter> MakeChapters(std::span<const Experiment* const> experiments, const Journal& journal) {
  const auto records = journal.Read();
  std::vector<Chapter> chapters;
  for (const Experiment* experiment : experiments) {
    Chapter chapter{.name = std::string(experiment->name), .title = std::string(experiment->title), .section = {}};
    const auto found = records.find(experiment->name);
    const Record record = found == records.end() ? Record{} : found->second;
    chapter.rounds = record.rounds;
    chapter.not_run = record.not_run;
    experiment->tell(record.results, chapter.section);
    chapters.push_back(std::move(chapter));
  }
  return chapters;
}

std::vector<Block> Layout(const Page& page) { return Writer(page).Write(); }

}  // namespace bxb::bench::report
