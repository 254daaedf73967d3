#include "chaos/injector.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "chaos/traffic.h"

namespace bxb::chaos {
namespace {

using testing::CutPoint;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr std::chrono::seconds kTellEvery{5};

// Longer than the pooled writer's commit_timeout now and then, so that its batches end as unknown.
constexpr int kShortStallMs = 300;
constexpr int kLongStallMs = 2500;

// Both kinds of doubt, for what is missing in the end.
constexpr std::array kCheap = {Fault::kCutAfterEndMarker, Fault::kCutBeforeReply};

std::vector<Fault> Shuffled(std::span<const Injector::Share> schedule, std::mt19937_64& random) {
  std::vector<Fault> faults;
  for (const auto& share : schedule) faults.insert(faults.end(), static_cast<std::size_t>(share.count), share.fault);
  std::shuffle(faults.begin(), faults.end(), random);
  return faults;
}

// The length of an outage, not a wait for something.
void Last(absl::Duration outage) { std::this_thread::sleep_for(absl::ToChronoNanoseconds(outage)); }

}  // namespace

Injector::Injector(Cluster& cluster, std::vector<Watched> writers, std::uint64_t seed, Tally& tally)
    : cluster_(cluster), writers_(std::move(writers)), random_(seed), tally_(tally) {}

absl::Status Injector::Run(std::span<const Share> schedule, int total) {
  for (const Fault fault : Shuffled(schedule, random_)) {
    if (absl::Status made = Inject(fault); !made.ok()) return made;
  }
  while (tally_.total() < total) {
    const Fault fault = kCheap[static_cast<std::size_t>(Number(0, kCheap.size() - 1))];
    if (absl::Status made = Inject(fault); !made.ok()) return made;
  }
  return absl::OkStatus();
}

absl::Status Injector::Inject(Fault fault) {
  absl::Status status = Make(fault);
  if (status.ok()) status = AwaitProgress(kProgress);
  if (std::chrono::steady_clock::now() - told_ > kTellEvery) TellProgress();
  return status.ok() ? status : TellState(fmt::format("{}: {}", Name(fault), status.ToString()));
}

// The cuts are counted by the proxies, at the moment when they happen.
absl::Status Injector::Make(Fault fault) {
  switch (fault) {
    case Fault::kCutBeforeData:
      return Cut(fault, CutPoint::kBeforeData);
    case Fault::kCutInsideData:
      return Cut(fault, CutPoint::kInsideData);
    case Fault::kCutAfterEndMarker:
      return Cut(fault, CutPoint::kAfterEndMarker);
    case Fault::kCutBeforeReply:
      return Cut(fault, CutPoint::kBeforeReply);
    default:
      tally_.Add(fault);
  }
  switch (fault) {
    case Fault::kTerminateBackend:
      return cluster_.TerminateBackend(/*all=*/false);
    case Fault::kTerminateAllBackends:
      return cluster_.TerminateBackend(/*all=*/true);
    case Fault::kCrashBackend:
      return cluster_.CrashBackend();
    case Fault::kCrashServer:
      return cluster_.CrashPrimary();
    case Fault::kFailOver:
      return cluster_.FailOver();
    case Fault::kCutEverything:
      return CutEverything();
    case Fault::kStallConnections:
      return Stall();
    case Fault::kFreezePrimary:
      return Freeze(cluster_.primary());
    case Fault::kFreezeStandby:
      return Freeze(cluster_.standby());
    case Fault::kCrashPgBouncer:
      return CrashPgBouncer();
    default:
      return absl::UnimplementedError("not made in a cluster");
  }
}

testing::SocketProxy& Injector::AnyProxy() {
  const std::array proxies = {&cluster_.primary_proxy(), &cluster_.before_bouncer(), &cluster_.behind_bouncer()};
  return *proxies[static_cast<std::size_t>(Number(0, proxies.size() - 1))];
}

// Sometimes several at once: the repetition is cut too, or the other lane.
absl::Status Injector::Cut(Fault fault, CutPoint point) {
  testing::SocketProxy& proxy = AnyProxy();
  const int count = std::max(1, Number(-2, 3));
  const int before = proxy.cuts(point);
  proxy.CutNext(point, count);
  const bool done = proxy.AwaitCuts(point, before + count, kPatience);
  proxy.Disarm();
  tally_.Add(fault, proxy.cuts(point) - before);
  return done ? absl::OkStatus() : absl::DeadlineExceededError("nobody came to that point");
}

absl::Status Injector::CutEverything() {
  testing::SocketProxy& proxy = AnyProxy();
  const bool done = Await([&] { return proxy.CutAll() > 0; }, kPatience);
  return done ? absl::OkStatus() : absl::DeadlineExceededError("nobody is connected");
}

absl::Status Injector::Stall() {
  testing::SocketProxy& proxy = AnyProxy();
  proxy.Stall();
  Last(Number(1, 4) == 1 ? Pause(kLongStallMs, kLongStallMs) : Pause(1, kShortStallMs));
  if (Number(1, 3) == 1) proxy.CutAll();
  proxy.Resume();
  return absl::OkStatus();
}

absl::Status Injector::Freeze(testing::EphemeralPostgres& server) {
  if (absl::Status frozen = server.Freeze(); !frozen.ok()) return frozen;
  Last(Number(1, 3) == 1 ? Pause(kLongStallMs, kLongStallMs) : Pause(1, kShortStallMs));
  return server.Thaw();
}

absl::Status Injector::CrashPgBouncer() {
  cluster_.bouncer().Restart();
  return absl::OkStatus();
}

absl::Status Injector::AwaitProgress(std::uint64_t events) {
  for (const Watched& writer : writers_) {
    const std::uint64_t wanted = writer.stats().inserted + events;
    if (!Await([&] { return writer.stats().inserted >= wanted; }, kPatience)) {
      return absl::DeadlineExceededError(fmt::format("the {} writer stores nothing any more", writer.name));
    }
  }
  return absl::OkStatus();
}

absl::Status Injector::TellState(const std::string& what) {
  std::ostringstream state;
  state << what << "\n";
  for (const Watched& writer : writers_) state << "  " << writer.name << ": " << writer.stats() << "\n";
  const auto rows = cluster_.primary().Query(
      "SELECT application_name, state, coalesce(wait_event, '-'), left(query, 60) FROM pg_stat_activity");
  if (!rows.ok()) state << "  primary: " << rows.status() << "\n";
  if (rows.ok()) {
    for (const auto& row : *rows) {
      for (const auto& value : row) state << "  " << value.value_or("-");
      state << "\n";
    }
  }
  return absl::InternalError(state.str());
}

void Injector::TellProgress() {
  told_ = std::chrono::steady_clock::now();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(told_ - start_).count();
  std::string line = fmt::format("{:>4} s: {} faults", seconds, tally_.total());
  for (const Watched& writer : writers_) {
    const WriterStats stats = writer.stats();
    line +=
        fmt::format("; {}: {} stored in {} batches, {} merged, {} attempts more, {} reconnects", writer.name,
                    stats.inserted + stats.duplicates, stats.batches, stats.merges, stats.retries, stats.reconnects);
  }
  std::cerr << line + "\n";
}

}  // namespace bxb::chaos
