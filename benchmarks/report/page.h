#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "report/experiment.h"
#include "report/journal.h"
#include "report/section.h"
#include "support/environment.h"

namespace bxb::bench::report {

/// An experiment on the page.
struct Chapter {
  std::string name;
  std::string title;
  Section section;
  int rounds = 0;
  std::string not_run = {};  ///< why; it may have figures all the same
};

/// All that is shown.
struct Page {
  Facts facts;            ///< machine, server, settings, build
  bool optimized = true;  ///< else it says that its figures mean nothing, and strikes them out
  bool complete = true;   ///< else it says that the run is not over
  std::string command;    ///< that made it
  std::vector<Chapter> chapters;
};

/// The experiments' sections, from what the journal has of them.
std::vector<Chapter> MakeChapters(std::span<const Experiment* const> experiments, const Journal& journal);

/// What the page consists of, in order.
struct Heading {
  int level;
  std::string text;
  std::string anchor;
};
struct Warning {
  std::string text;
};
using Block = std::variant<Heading, Warning, Paragraph, TextTable, Plot>;
std::vector<Block> Layout(const Page& page);

/// Its plots are files beside it: `plots`/NAME.svg, relative to the page; none for "".
std::string Markdown(std::span<const Block> blocks, const std::string& plots);

/// One file, with its plots in it.
std::string Html(std::span<const Block> blocks);

}  // namespace bxb::bench::report
