// The server stands still under full load: how much memory does the writer take, and is anything lost?
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "support/must.h"
#include "support/writing.h"
#include "writer/ground.h"

namespace bxb::bench::writer {
namespace {

constexpr double kMiB = 1 << 20;
constexpr std::chrono::milliseconds kSample(20);
constexpr std::chrono::milliseconds kFullLoad(500);  // before the server stops; most events must still be to come

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * 4096 / kMiB;
}

// Writes all events, each with a callback, as fast as it is let.
void WriteAll(EventWriter& writer, std::span<const Event> events, std::atomic<std::size_t>& inserted) {
  for (const Event& event : events) {
    const absl::Status taken = writer.Write(
        event, [&inserted](const Outcome& outcome) { inserted += outcome.kind == Outcome::Kind::kInserted ? 1 : 0; });
    if (!taken.ok()) Die(taken.ToString());
  }
}

double PeakWhile(std::chrono::milliseconds duration) {
  double peak = 0;
  for (const auto end = std::chrono::steady_clock::now() + duration; std::chrono::steady_clock::now() < end;) {
    peak = std::max(peak, ResidentMiB());
    std::this_thread::sleep_for(kSample);
  }
  return peak;
}

std::unique_ptr<EventWriter> OpenPatientWriter(const Ground& ground) {
  WriterOptions options{.dsn = ground.server.dsn(), .table = ground.server.NameOf(Table::kDedup)};
  options.write_timeout = absl::Minutes(5);
  return OpenWriter(options);
}

// Freezes the server under the producer's feet; returns the highest memory that was seen.
double PeakWhileFrozen(benchmark::State& state, const Ground& ground) {
  double peak = PeakWhile(kFullLoad);
  Must(ground.server.own()->Freeze());
  for (auto _ : state) {
    peak = std::max(peak, PeakWhile(std::chrono::seconds(ground.settings.stall_seconds)));
    state.SetIterationTime(ground.settings.stall_seconds);
    state.counters["stalled_s"] = ground.settings.stall_seconds;
  }
  Must(ground.server.own()->Thaw());
  return peak;
}

void StandStill(benchmark::State& state, const Ground& ground) {
  ground.server.Clear();
  malloc_trim(0);  // what earlier runs have left in the heap must not hide what this one takes
  const auto writer = OpenPatientWriter(ground);
  const double before = ResidentMiB();
  const auto events = ground.events.All();
  std::atomic<std::size_t> inserted = 0;
  std::jthread producer([&] { WriteAll(*writer, events, inserted); });
  const double peak = PeakWhileFrozen(state, ground);
  producer.join();
  FlushAll(*writer);
  const auto stored =
      std::min(inserted.load(), static_cast<std::size_t>(ground.server.Count(ground.server.NameOf(Table::kDedup))));
  state.counters["growth_MiB"] = peak - before;
  state.counters["bound_MiB"] = static_cast<double>(writer->stats().memory_limit) / kMiB;
  state.counters["blocked_writes"] = static_cast<double>(writer->stats().blocked_writes);
  state.counters["lost"] = static_cast<double>(events.size() - stored);
}

}  // namespace

std::vector<Contender> StallContenders(const Ground& ground) {
  if (ground.server.own() == nullptr) return {};
  return {{.name = "memory/stalled",
           .run = [&ground](benchmark::State& state) { StandStill(state, ground); },
           .once = true}};
}

}  // namespace bxb::bench::writer
