// Committed events are written once more: the cache answers, and the server hears nothing.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dedup/ground.h"
#include "support/writing.h"
#include "write/dedup_cache.h"

namespace bxb::bench::dedup {
namespace {

constexpr std::string_view kName = "bxb_replay";

// Sixteen times what the keys take: so it is all but impossible that one of them has lost its place to others.
std::unique_ptr<EventWriter> OpenRemembering(const Ground& ground) {
  WriterOptions options{.dsn = ground.server.dsn(), .table = ground.server.NameOf(Table::kDedup)};
  options.lanes = kConnections;
  options.dedup_cache_bytes = 16 * ground.settings.replay_rows * write::DedupCache::kBytesPerKey;
  options.application_name = kName;
  return OpenWriter(options);
}

// Writes them as a caller does, who looks at each answer; returns how many were duplicates on the spot.
std::size_t Repeat(EventWriter& writer, std::span<const Event> events) {
  std::size_t duplicates = 0;
  for (const Event& event : events) {
    const auto ticket = writer.Write(event);
    if (!ticket.ok()) Die(ticket.status().ToString());
    const auto outcome = ticket->TryGet();
    duplicates += outcome && outcome->kind == Outcome::Kind::kDuplicate ? 1 : 0;
  }
  return duplicates;
}

std::size_t RepeatInParallel(EventWriter& writer, std::span<const Event> events, std::size_t threads) {
  std::atomic<std::size_t> duplicates = 0;
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    const std::size_t begin = events.size() * i / threads;
    const std::size_t end = events.size() * (i + 1) / threads;
    running.emplace_back([&, begin, end] { duplicates += Repeat(writer, events.subspan(begin, end - begin)); });
  }
  running.clear();
  return duplicates;
}

// Every message changes a connection's state, if only for a moment.
double LanesIdleSince(Session& session, const std::string& time) {
  return std::stod(session.Value(fmt::format(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name='{}' AND state='idle' AND state_change<'{}'", kName,
      time)));
}

void RequireSilence(const WriterStats& before, const WriterStats& after, std::size_t duplicates, std::size_t rows) {
  if (duplicates != rows) Die(fmt::format("replay: {} of {} events were duplicates", duplicates, rows));
  if (after.cache_hits - before.cache_hits != rows) Die("replay: not every event was answered by the cache");
  if (after.batches != before.batches || after.bytes_sent != before.bytes_sent) Die("replay: a batch was sent");
}

void Replay(benchmark::State& state, const Ground& ground, std::size_t threads) {
  const auto events = ground.events.First(ground.settings.replay_rows);
  ground.server.Clear();
  const auto writer = OpenRemembering(ground);
  WriteAll(*writer, events);
  FlushAll(*writer);
  const std::string committed = ground.server.session().Value("SELECT clock_timestamp()");
  const WriterStats before = writer->stats();
  std::size_t duplicates = 0;
  MeasureWork(state, ground.server, events.size(), [&] { duplicates = RepeatInParallel(*writer, events, threads); });
  RequireSilence(before, writer->stats(), duplicates, events.size());
  state.counters["idle_lanes"] = LanesIdleSince(ground.server.session(), committed);
  ground.server.RequireRows(ground.server.NameOf(Table::kDedup), events.size());
}

}  // namespace

std::vector<Contender> ReplayContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  for (const std::size_t threads : {1, 2}) {
    contenders.push_back({fmt::format("replay/{}", threads),
                          [&ground, threads](benchmark::State& state) { Replay(state, ground, threads); }});
  }
  return contenders;
}

}  // namespace bxb::bench::dedup
