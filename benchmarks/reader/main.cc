// bench_reader: what reads through bxb's reader cost, what replicas do for them, and what they do to the writer.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "reader/ground.h"
#include "support/environment.h"

namespace bxb::bench::reader {
namespace {

using Parts = std::vector<std::vector<Contender>>;

void Describe(const Settings& settings, Server& server, const UsageEvents& events) {
  std::string id;
  std::string tuple;
  EventCodec().Encode(events.Make(0, id), tuple);
  Facts facts = DescribeEnvironment(server, static_cast<double>(tuple.size()));
  for (const auto& [name, value] : ServerSettings()) {
    if (name != "shared_buffers") facts.emplace_back(name, value);
  }
  facts.emplace_back("events", fmt::format("{} organizations, {} customers each, {} codes", UsageEvents::kOrganizations,
                                           UsageEvents::kCustomers, UsageEvents::kCodes));
  if (settings.parts != "month") {
    facts.emplace_back("servers", fmt::format("a primary and {} replicas, {} events, layout seed, plain",
                                              Trio::kReplicas, settings.events));
  }
  if (settings.Wants("month")) {
    facts.emplace_back("month", fmt::format("a server of its own, {} events in each table", settings.month_rows));
  }
  Tell(facts);
}

Parts TrioParts(const Ground& ground) {
  using Make = std::vector<Contender> (*)(const Ground&);
  constexpr std::array<std::pair<const char*, Make>, 5> kTrioParts = {{{"overhead", OverheadContenders},
                                                                       {"spread", SpreadContenders},
                                                                       {"scan", ScanContenders},
                                                                       {"lag", LagContenders},
                                                                       {"load", LoadContenders}}};
  Parts parts;
  for (const auto& [name, make] : kTrioParts) {
    if (ground.settings.Wants(name)) parts.push_back(make(ground));
  }
  return parts;
}

void Run(const Settings& settings) {
  const UsageEvents events(settings.events);
  std::optional<Server> month;
  std::optional<Trio> trio;
  std::optional<Ground> ground;
  Parts parts;
  if (settings.Wants("month")) parts.push_back(MonthContenders(settings, month.emplace("", ServerSettings())));
  if (settings.parts != "month") {
    ground.emplace(Ground{settings, trio.emplace(events, settings.events), events});
    std::ranges::move(TrioParts(*ground), std::back_inserter(parts));
  }
  Describe(settings, trio ? trio->primary() : *month, events);
  RunRounds(parts, settings.rounds, {}, PrintReaderTargets);
}

}  // namespace
}  // namespace bxb::bench::reader

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, bxb::bench::reader::PrintUsage);
  bxb::bench::reader::Run(bxb::bench::reader::ParseSettings(argc, argv));
  benchmark::Shutdown();
}
