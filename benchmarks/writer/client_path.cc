// What the caller's own thread does for an event, on one core: no server is in the way.
#include <time.h>

#include <string>
#include <vector>

#include "bxb/writer.h"
#include "writer/contender.h"

namespace bxb::bench {
namespace {

constexpr absl::Duration kLong = absl::Minutes(5);

// This thread's time on a core: other processes on a busy machine do not count.
double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

template <typename Work>
void MeasureCore(benchmark::State& state, std::size_t rows, Work work) {
  for (auto _ : state) {
    const double start = ThreadSeconds();
    work();
    state.SetIterationTime(ThreadSeconds() - start);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

void WriteAll(EventWriter& writer, std::span<const Event> events) {
  for (const Event& event : events) {
    if (const auto ticket = writer.Write(event); !ticket.ok()) Die(ticket.status().ToString());
  }
}

void FlushAll(EventWriter& writer) {
  if (const FlushReport report = writer.Flush(kLong); !report.all_stored()) Die(report.last_error.ToString());
}

// Another session locks the table, so that the lanes wait and Write does nothing but fill memory. The memory
// was used once before: a writer's steady state.
void WriteToStandingLanes(benchmark::State& state, const Ground& ground) {
  const std::string table = ground.server.NameOf(Table::kDedup);
  const std::size_t rows = ground.settings.client_rows;
  WriterOptions options{.dsn = ground.server.dsn(), .table = table};
  options.memory_bytes = std::size_t{256} << 20;
  auto writer = EventWriter::Open(options);
  if (!writer.ok()) Die(writer.status().ToString());
  ground.server.Clear();
  Session& session = ground.server.session();
  session.Run("BEGIN; LOCK TABLE " + table);
  WriteAll(**writer, ground.events.First(rows));
  session.Run("COMMIT");
  FlushAll(**writer);
  session.Run("BEGIN; LOCK TABLE " + table);
  MeasureCore(state, rows, [&] { WriteAll(**writer, ground.events.Slice(rows, rows)); });
  session.Run("COMMIT");
  FlushAll(**writer);
}

void EncodeChecked(benchmark::State& state, const Ground& ground) {
  const RowCodec<Event> codec = EventCodec();
  const auto events = ground.events.First(ground.settings.dedup_rows);
  std::vector<char> scratch;
  MeasureCore(state, events.size(), [&] {
    for (const Event& event : events) {
      const auto encoded = codec.EncodeChecked(event, 1 << 20, scratch);
      if (!encoded.ok()) Die(encoded.status().ToString());
    }
  });
}

}  // namespace

std::vector<Contender> ClientPathContenders(const Ground& ground) {
  return {{"client/write", [&ground](benchmark::State& state) { WriteToStandingLanes(state, ground); }},
          {"client/encode_checked", [&ground](benchmark::State& state) { EncodeChecked(state, ground); }}};
}

}  // namespace bxb::bench
