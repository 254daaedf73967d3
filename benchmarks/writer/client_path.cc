// What the caller's own thread does for an event, on one core: no server is in the way.
#include <string>
#include <vector>

#include "support/writing.h"
#include "writer/ground.h"

namespace bxb::bench::writer {
namespace {

// Another session locks the table, so that the lanes wait and Write does nothing but fill memory. The memory
// was used once before: a writer's steady state.
void WriteToStandingLanes(benchmark::State& state, const Ground& ground) {
  const std::string table = ground.server.NameOf(Table::kDedup);
  const std::size_t rows = ground.settings.client_rows;
  WriterOptions options{.dsn = ground.server.dsn(), .table = table};
  options.memory_bytes = std::size_t{256} << 20;
  const auto writer = OpenWriter(options);
  ground.server.Clear();
  Session& session = ground.server.session();
  session.Run("BEGIN; LOCK TABLE " + table);
  WriteAll(*writer, ground.events.First(rows));
  session.Run("COMMIT");
  FlushAll(*writer);
  session.Run("BEGIN; LOCK TABLE " + table);
  MeasureCore(state, rows, [&] { WriteAll(*writer, ground.events.Slice(rows, rows)); });
  session.Run("COMMIT");
  FlushAll(*writer);
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

// Into a buffer of a batch's size, over and over.
void Encode(benchmark::State& state, const Ground& ground) {
  constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
  const RowCodec<Event> codec = EventCodec();
  const auto events = ground.events.First(ground.settings.dedup_rows);
  std::string tuples;
  const auto encode = [&] {
    for (const Event& event : events) {
      if (tuples.size() > kBatchBytes) tuples.clear();
      codec.Encode(event, tuples);
    }
  };
  encode();  // so that the buffer is there, as a batch's is
  MeasureCore(state, events.size(), encode);
}

}  // namespace

std::vector<Contender> ClientPathContenders(const Ground& ground) {
  return {{"client/write", [&ground](benchmark::State& state) { WriteToStandingLanes(state, ground); }},
          {"client/encode_checked", [&ground](benchmark::State& state) { EncodeChecked(state, ground); }},
          {"client/encode", [&ground](benchmark::State& state) { Encode(state, ground); }}};
}

}  // namespace bxb::bench::writer
