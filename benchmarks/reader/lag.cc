// How far replicas are behind a writer, and how long those wait who want to read what was just written.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "reader/ground.h"
#include "reader/samples.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::reader {
namespace {

constexpr std::array kRates = {1'000, 10'000, 50'000, 100'000};
constexpr int kUnbounded = 0;

// What is due is handed over in such steps, as by a poll loop.
constexpr std::chrono::microseconds kTick(200);
constexpr std::uint64_t kUnboundedStep = 1'000;

// As often as a cluster can be asked: lag is known in steps of this.
constexpr absl::Duration kCheckInterval = absl::Milliseconds(10);
constexpr std::chrono::milliseconds kPause(5);  // so that those who read are no load

// The event that was stored last.
class LastWrite {
 public:
  void Tell(std::uint64_t row, const Outcome& outcome) {
    if (!outcome.stored()) Die(outcome.status.ToString());
    const std::lock_guard lock(mutex_);
    if (outcome.lsn <= token_.lsn) return;
    row_ = row;
    token_ = outcome.token();
    newer_.notify_one();
  }

  /// Waits for one that is newer than `seen`; nothing where `stop` is requested first.
  std::optional<std::pair<std::uint64_t, ReadToken>> Next(const std::stop_token& stop, const ReadToken& seen) {
    std::unique_lock lock(mutex_);
    if (!newer_.wait(lock, stop, [&] { return token_.lsn > seen.lsn; })) return std::nullopt;
    return std::pair(row_, token_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any newer_;
  std::uint64_t row_ = 0;
  ReadToken token_;
};

// Writes events as they become due, whatever becomes of them, for so long; returns how many.
std::uint64_t WriteAtRate(EventWriter& writer, const Ground& ground, int rate, LastWrite& last) {
  const absl::Time start = absl::Now();
  std::uint64_t row = 0;
  std::string id;
  for (double seconds = 0; seconds < ground.settings.lag_seconds;) {
    const std::uint64_t due = rate == kUnbounded ? row + kUnboundedStep : static_cast<std::uint64_t>(seconds * rate);
    for (; row < due; ++row) {
      Must(
          writer.Write(ground.events.Make(row, id), [&last, row](const Outcome& outcome) { last.Tell(row, outcome); }));
    }
    if (rate != kUnbounded) std::this_thread::sleep_for(kTick);
    seconds = absl::ToDoubleSeconds(absl::Now() - start);
  }
  return row;
}

struct Lag {
  Samples milliseconds;
  Samples kilobytes;

  void Report(benchmark::State& state) {
    for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99), std::pair("max", 1.0)}) {
      state.counters[fmt::format("lag_{}_ms", name)] = milliseconds.At(share);
      state.counters[fmt::format("lag_{}_kb", name)] = kilobytes.At(share);
    }
  }
};

// Of both replicas.
void WatchLag(const std::stop_token& stop, const Cluster& cluster, Lag& lag) {
  while (!stop.stop_requested()) {
    for (const EndpointState& server : cluster.snapshot().endpoints) {
      if (server.role != EndpointState::Role::kStandby || !server.lag || !server.lag_bytes) continue;
      lag.milliseconds.Add(absl::ToDoubleMilliseconds(*server.lag));
      lag.kilobytes.Add(static_cast<double>(*server.lag_bytes) / 1024);
    }
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCheckInterval));
  }
}

void ReadBack(Reader& reader, const Ground& ground, std::uint64_t row, const ReadToken& token) {
  std::string id;
  const Event event = ground.events.Make(row, id);
  std::string found;
  const auto take = [&](TextRow values) {
    found = values[0].value_or("");
    return absl::OkStatus();
  };
  const std::string sql = fmt::format(
      "SELECT count(*) FROM {} WHERE organization_id = $1::uuid AND transaction_id = $2", ground.servers.written());
  const ReadReport report = Must(reader.Query(
      sql, {event.organization_id.ToString(), id}, take,
      {.at_least = token, .wait = absl::Seconds(30), .otherwise = Otherwise::kFail, .timeout = absl::Seconds(30)}));
  if (report.role != EndpointState::Role::kStandby) Die("read from " + report.endpoint);
  if (found != "1") Die(fmt::format("{} does not have what was written before {}", report.endpoint, token.ToString()));
}

// Milliseconds of reads of the last write, each made as soon as that is acknowledged, and served by a replica.
void ReadLastWrites(const std::stop_token& stop, const Ground& ground, LastWrite& last, Samples& times) {
  const auto reader = ground.servers.OpenReader(ReadPolicy::kPreferReplica);
  ReadToken seen;
  while (const auto written = last.Next(stop, seen)) {
    const auto& [row, token] = *written;
    times.Add(SecondsOf([&] { ReadBack(*reader, ground, row, token); }) * 1e3);
    seen = token;
    std::this_thread::sleep_for(kPause);
  }
}

void Follow(benchmark::State& state, const Ground& ground, int rate) {
  const auto writer = ground.servers.OpenEmptied();
  const auto cluster = Must(Cluster::Open({.endpoints = ground.servers.endpoints(), .check_interval = kCheckInterval}));
  LastWrite last;
  Lag lag;
  Samples reads;
  std::uint64_t rows = 0;
  {
    const std::jthread watch([&](const std::stop_token& stop) { WatchLag(stop, *cluster, lag); });
    const std::jthread read([&](const std::stop_token& stop) { ReadLastWrites(stop, ground, last, reads); });
    for (auto _ : state) state.SetIterationTime(SecondsOf([&] { rows = WriteAtRate(*writer, ground, rate, last); }));
  }
  FlushAll(*writer);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  lag.Report(state);
  state.counters["reads"] = static_cast<double>(reads.size());
  state.counters["read_p50_ms"] = reads.At(0.5);
  state.counters["read_p99_ms"] = reads.At(0.99);
}

}  // namespace

std::vector<Contender> LagContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, int rate) {
    contenders.push_back({name, [&ground, rate](benchmark::State& state) { Follow(state, ground, rate); }});
  };
  for (const int rate : kRates) add(fmt::format("lag/{}", rate), rate);
  add("lag/unbounded", kUnbounded);
  return contenders;
}

}  // namespace bxb::bench::reader
