// What a query through the reader costs more than through libpq.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "reader/ground.h"
#include "report/borrowed.h"
#include "report/experiments.h"

namespace bxb::bench::report {
namespace {

struct Reading {
  explicit Reading(reader::Settings asked)
      : settings(std::move(asked)), events(settings.events), servers(events, settings.events) {}

  reader::Settings settings;
  reader::UsageEvents events;
  reader::Trio servers;
  reader::Ground ground{settings, servers, events};
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  if (const absl::Status may = ground.RequirePrivateServer(); !may.ok()) return may;
  reader::Settings settings;
  settings.events = static_cast<int>(ground.Rows(150'000));
  settings.overhead_blocks = std::clamp(static_cast<int>(10 * ground.scale), 4, 40);
  const auto kept = std::make_shared<Reading>(settings);
  return Holding(kept, reader::OverheadContenders(kept->ground));
}

void Tell(const Results& results, Section& section) {
  constexpr double kMicro = 1e-6;
  for (const auto& [query, what] : {std::pair("tiny", "a tiny query"), {"usage", "a small usage query"}}) {
    for (const char* host : {"primary", "replica"}) {
      section.Target(fmt::format("{} through the reader, more than through libpq, {}", what, host), Unit::kSeconds,
                     Bound::kAtMost, 50e-6,
                     Figure(results, fmt::format("overhead/{}/{}/any", host, query), "more_us", kMicro));
    }
  }
  section.Text(
      "The same SQL, in turn through libpq and through the reader, in blocks of 50 reads; medians of each. `tiny` is "
      "SELECT $1, `usage` a customer's sum over a month; `bounds` asks for a token and a staleness bound. The reader "
      "adds five short statements in the same round trip: they say where the server is, and so hold every bound "
      "whatever has moved since.");
  section.Add(TableOf(results, "overhead/", "server / query / bounds",
                      {{"libpq", "direct_us", Unit::kSeconds, kMicro},
                       {"reader", "reader_us", Unit::kSeconds, kMicro},
                       {"more", "more_us", Unit::kSeconds, kMicro, true}}));
}

}  // namespace

const Experiment kReader = {
    .name = "reader", .title = "Reading through the reader", .weight = 20, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
