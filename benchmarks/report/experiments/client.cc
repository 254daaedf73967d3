// The client's part: validating, claiming, hashing and encoding on one core; and a replay that the dedup cache answers.
#include <memory>

#include "dedup/ground.h"
#include "report/borrowed.h"
#include "report/experiments.h"

namespace bxb::bench::report {
namespace {

// What the replay needs, on the same server as the rest.
struct Replaying {
  Replaying(const Ground& place, writer::Settings settings, std::size_t replay_rows)
      : client(place, replay_rows, std::move(settings)), encoded(client.ground().events.First(1'000)) {
    replay.replay_rows = replay_rows;
  }

  WriterGround client;
  dedup::Settings replay;
  EncodedEvents encoded;
  dedup::Ground ground{replay, client.server(), client.ground().events, encoded};
};

absl::StatusOr<std::vector<Contender>> SetUp(const Ground& ground) {
  writer::Settings settings;
  settings.client_rows = 100'000;
  settings.dedup_rows = 300'000;
  const auto kept = std::make_shared<Replaying>(ground, settings, std::max<std::size_t>(ground.Rows(500'000), 400'000));
  std::vector<Contender> all = writer::ClientPathContenders(kept->client.ground());
  std::ranges::move(dedup::ReplayContenders(kept->ground), std::back_inserter(all));
  return Holding(kept, std::move(all));
}

void Tell(const Results& results, Section& section) {
  section.Target("the whole client path (validate, claim, hash, encode), one core", Unit::kPerSecond, Bound::kAtLeast,
                 2'000'000, Figure(results, "client/write", "rows_per_s"));
  section.Target("the encoder alone, one core", Unit::kPerSecond, Bound::kAtLeast, 10'000'000,
                 Figure(results, "client/encode", "rows_per_s"));
  section.Target("replay of committed events, answered by the cache", Unit::kPerSecond, Bound::kAtLeast, 2'000'000,
                 Figure(results, "replay/1", "rows_per_s"));
  section.Text(
      "`client/write` is what `Write` costs its caller, in processor time, while the lanes stand still; "
      "`encode_checked` is the part of it that validates and encodes, `encode` encodes alone. In a replay every event "
      "was committed before: the cache answers, and nothing is sent.");
  section.Add(TableOf(results, "", "what", {{"events/s", "rows_per_s", Unit::kPerSecond, 1, true}}));
}

}  // namespace

const Experiment kClient = {
    .name = "client", .title = "The client's own part", .weight = 15, .set_up = SetUp, .tell = Tell};

}  // namespace bxb::bench::report
