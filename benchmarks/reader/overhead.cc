// The same query through the reader and through libpq alone, on the same server, in blocks that take turns.
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "reader/ground.h"
#include "reader/samples.h"
#include "support/must.h"
#include "support/session.h"

namespace bxb::bench::reader {
namespace {

constexpr int kBlock = 50;

enum class Query { kTiny, kUsage };

struct Case {
  bool replica;
  Query query;
  bool bounds;
};

const std::string kTinySql = "SELECT $1::bigint";

UsageQuery SmallUsage(const UsageEvents& events) {
  const auto [from, to] = UsageEvents::Month();
  return {.organization_id = events.organization(3),
          .customers = {events.customer(3, 7)},
          .codes = {UsageEvents::code(0)},
          .from = from,
          .to = to,
          .aggregate = Sum("value")};
}

// Both ways to make one case's query.
class Pair {
 public:
  Pair(const Ground& ground, const Case& what);

  void ThroughReader();
  void Direct() { direct_.Query(sql_, parameters_); }

 private:
  const Case case_;
  const UsageQuery usage_;
  const std::unique_ptr<Reader> reader_;
  Session direct_;
  ReadOptions options_;
  std::string sql_ = kTinySql;
  std::vector<std::string> parameters_ = {"42"};
};

Pair::Pair(const Ground& ground, const Case& what)
    : case_(what),
      usage_(SmallUsage(ground.events)),
      reader_(ground.servers.OpenReader(what.replica ? ReadPolicy::kPreferReplica : ReadPolicy::kPrimaryOnly, 1)),
      direct_(what.replica ? ground.servers.replica_dsn(0) : ground.servers.primary().dsn()) {
  options_.otherwise = Otherwise::kFail;
  options_.wait = absl::Seconds(10);
  if (what.bounds) {
    const auto written = [](TextRow) { return absl::OkStatus(); };
    options_.at_least = Must(reader_->Query(kTinySql, {"0"}, written, {.policy = ReadPolicy::kPrimaryOnly})).token;
    options_.max_staleness = absl::Seconds(2);
  }
  if (what.query == Query::kTiny) return;
  UsagePlan plan = Must(reader_->Explain(usage_));
  sql_ = std::move(plan.sql);
  parameters_ = std::move(plan.parameters);
}

void Pair::ThroughReader() {
  const auto ignore = [](const auto&) { return absl::OkStatus(); };
  const ReadReport report = Must(case_.query == Query::kTiny
                                     ? reader_->Query(sql_, {parameters_.begin(), parameters_.end()}, ignore, options_)
                                     : reader_->StreamUsage(usage_, ignore, options_));
  if ((report.role == EndpointState::Role::kStandby) != case_.replica) Die("read from " + report.endpoint);
}

void RunBlock(Samples& samples, const std::function<void()>& read) {
  for (int i = 0; i < kBlock; ++i) samples.Add(SecondsOf(read) * 1e6);
}

void Report(benchmark::State& state, Samples& reader, Samples& direct) {
  const auto add = [&](const std::string& name, double share) {
    state.counters["direct" + name] = direct.At(share);
    state.counters["reader" + name] = reader.At(share);
    state.counters["more" + name] = reader.At(share) - direct.At(share);
  };
  add("_us", 0.5);
  add("_p99_us", 0.99);
}

void Compare(benchmark::State& state, const Ground& ground, const Case& what) {
  Pair pair(ground, what);
  Samples ignored;
  RunBlock(ignored, [&] { pair.Direct(); });
  RunBlock(ignored, [&] { pair.ThroughReader(); });
  Samples direct;
  Samples reader;
  const double seconds = SecondsOf([&] {
    for (int i = 0; i < ground.settings.overhead_blocks; ++i) {
      RunBlock(direct, [&] { pair.Direct(); });
      RunBlock(reader, [&] { pair.ThroughReader(); });
    }
  });
  for (auto _ : state) state.SetIterationTime(seconds);
  Report(state, reader, direct);
}

}  // namespace

std::vector<Contender> OverheadContenders(const Ground& ground) {
  std::vector<Contender> contenders;
  for (const bool replica : {false, true}) {
    for (const Query query : {Query::kTiny, Query::kUsage}) {
      for (const bool bounds : {false, true}) {
        const Case what{replica, query, bounds};
        contenders.push_back({fmt::format("overhead/{}/{}/{}", replica ? "replica" : "primary",
                                          query == Query::kTiny ? "tiny" : "usage", bounds ? "bounds" : "any"),
                              [&ground, what](benchmark::State& state) { Compare(state, ground, what); }});
      }
    }
  }
  return contenders;
}

}  // namespace bxb::bench::reader
