// The server stops under full load: does memory keep its bound, and is anything lost?
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "bxb/writer_options.h"
#include "report/borrowed.h"
#include "report/experiments.h"

namespace bxb::bench::report {
namespace {

// More events than the writer's memory holds.
constexpr std::size_t kEvents = 600'000;

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  writer::Settings settings;
  settings.dedup_rows = 1'000;
  settings.stall_seconds = std::clamp(static_cast<int>(5 * ground.scale), 2, 60);
  const auto kept = std::make_shared<WriterGround>(ground, kEvents, settings, true);
  return Holding(kept, writer::StallContenders(kept->ground()));
}

void Tell(const Results& results, Section& section) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const auto seconds = results.Of("memory/stalled", "stalled_s");
  const std::string how_long = seconds ? fmt::format(" for {:.0f} s", seconds->median) : "";
  section.Target(fmt::format("server stalled{} under full load: resident memory grows by", how_long), Unit::kBytes,
                 Bound::kAtMost, static_cast<double>(WriterOptions{}.memory_bytes + 32 * kMiB),
                 Figure(results, "memory/stalled", "growth_MiB", kMiB));
  section.Target("the same: events lost", Unit::kCount, Bound::kAtMost, 0, Figure(results, "memory/stalled", "lost"));
  section.Text(
      "The server's processes get SIGSTOP while one thread writes as fast as it can; afterwards they go on, and every "
      "event must be stored. The bound is WriterOptions' memory, plus 32 MiB for all else, which the cache of keys can "
      "have to itself. The design asks for a minute: --scale=12, or ./dev bench writer --stall_seconds=60.");
}

}  // namespace

const Experiment kStall = {
    .name = "stall", .title = "A server that stands still", .weight = 10, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
