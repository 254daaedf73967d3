// Events that each wait for their own commit: how many a second, beside single-row INSERTs.
#include <algorithm>
#include <memory>
#include <string>

#include "report/borrowed.h"
#include "report/experiments.h"
#include "support/chart.h"

namespace bxb::bench::report {
namespace {

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  writer::Settings settings;
  settings.insert_rows = ground.Rows(3'000);
  settings.dedup_rows = 4 * settings.insert_rows;  // what several connections share
  settings.durable_seconds = std::clamp(0.7 * ground.scale, 0.4, 3.0);
  // The closed loops take what the settings' time is worth at 200,000 events a second.
  const auto events = static_cast<std::size_t>(250'000 * settings.durable_seconds);
  const auto kept = std::make_shared<WriterGround>(ground, events, settings);
  std::vector<Contender> all = writer::DurableContenders(kept->ground());
  std::ranges::move(writer::ThroughputContenders(kept->ground()), std::back_inserter(all));
  return Holding(kept, Chosen(std::move(all), {"durable/", "insert/"}));
}

void AddBar(const Results& results, const std::string& contender, const std::string& name, BarChart& chart) {
  const auto rate = results.Of(contender, "rows_per_s");
  if (!rate) return;
  chart.bars.push_back({.name = name,
                        .value = rate->median,
                        .low = rate->min,
                        .high = rate->max,
                        .label = Format(rate->median, Unit::kPerSecond),
                        .emphasis = contender.starts_with("durable/writer")});
}

void Tell(const Results& results, Section& section) {
  const std::string insert = writer::FastestInsert(results);
  section.Target("durable acknowledgements, 4,096 outstanding", Unit::kPerSecond, Bound::kAtLeast, 200'000,
                 Figure(results, "durable/writer/4096", "rows_per_s"));
  section.Target("the same / the best of single-row INSERTs on 1, 8 and 32 connections", Unit::kTimes, Bound::kAtLeast,
                 14, Ratio(results, "durable/writer/4096", insert, "rows_per_s"));
  section.Text(
      "Every event waits for the commit of its own batch, on the server's disk (synchronous_commit = on); as soon as "
      "one is acknowledged the next one is written, so that there are always so many outstanding. Two lanes, unique "
      "index on the dedup key. Bare group commit is the yardstick: 60 lines without validation, dedup, retries or "
      "bounds.");
  BarChart chart{.title = "Durable acknowledgements per second",
                 .subtitle = "each event waits for its own commit; unique index on the dedup key",
                 .bars = {}};
  for (const std::string outstanding : {"4096", "1024", "64"}) {
    AddBar(results, "durable/writer/" + outstanding, "bxb, " + outstanding + " outstanding", chart);
    AddBar(results, "durable/group_commit/" + outstanding, "bare group commit, " + outstanding, chart);
  }
  for (const std::string connections : {"32", "8", "1"}) {
    AddBar(results, "insert/" + connections, "single-row INSERT, " + connections + " connections", chart);
  }
  section.Add(Plot{.name = "durable", .caption = "Durable acknowledgements per second", .svg = chart.Svg()});
  section.Add(TableOf(results, "", "contender", AcknowledgementColumns()));
}

}  // namespace

const Experiment kDurable = {
    .name = "durable", .title = "An answer for each event", .weight = 40, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
