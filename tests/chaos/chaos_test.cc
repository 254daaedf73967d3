#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "chaos/cluster.h"
#include "chaos/disk_faults.h"
#include "chaos/findings.h"
#include "chaos/injector.h"
#include "chaos/seed.h"
#include "chaos/tally.h"
#include "chaos/traffic.h"

namespace bxb::chaos {
namespace {

constexpr int kFaultsAtLeast = 300;
constexpr int kFullDisks = 5;
constexpr int kProducers = 4;

constexpr std::array kSchedule = {
    Injector::Share{Fault::kTerminateBackend, 40}, Injector::Share{Fault::kTerminateAllBackends, 10},
    Injector::Share{Fault::kCrashBackend, 6},      Injector::Share{Fault::kCrashServer, 8},
    Injector::Share{Fault::kFailOver, 5},          Injector::Share{Fault::kCutBeforeData, 32},
    Injector::Share{Fault::kCutInsideData, 32},    Injector::Share{Fault::kCutAfterEndMarker, 36},
    Injector::Share{Fault::kCutBeforeReply, 36},   Injector::Share{Fault::kCutEverything, 16},
    Injector::Share{Fault::kStallConnections, 12}, Injector::Share{Fault::kFreezePrimary, 4},
    Injector::Share{Fault::kFreezeStandby, 5},     Injector::Share{Fault::kCrashPgBouncer, 14}};

std::unique_ptr<EventWriter> Open(const std::string& dsn, absl::Duration commit_timeout) {
  WriterOptions options = ChaosOptions(dsn);
  options.commit_timeout = commit_timeout;
  return EventWriter::Open(options).value();
}

// The pooled writer gives up soon and leaves it to the producers to write again; the direct one never does.
void BreakCluster(std::uint64_t seed, int faults, Tally& tally, Findings& findings) {
  auto cluster = Cluster::Start();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  const auto direct = Open((*cluster)->direct_dsn(), absl::Minutes(2));
  const auto pooled = Open((*cluster)->pooled_dsn(), absl::Seconds(2));
  ASSERT_TRUE(RefuseSpam((*cluster)->primary().dsn()).ok());
  Traffic traffic({direct.get(), pooled.get()}, kProducers, seed, findings);
  Injector injector(**cluster,
                    {{.name = "direct", .stats = [&] { return direct->stats(); }},
                     {.name = "pooled", .stats = [&] { return pooled->stats(); }}},
                    seed, tally);
  const absl::Status broken = injector.Run(kSchedule, faults);
  EXPECT_TRUE(broken.ok()) << broken;
  traffic.End((*cluster)->primary().dsn());
}

TEST(Chaos, LosesNothingCountsNothingTwiceAndRejectsNothingValid) {
  const std::uint64_t seed = Seed();
  Tally tally;
  Findings findings;
  const absl::Status filled = FillDisks(kFullDisks, seed, tally, findings);
  EXPECT_TRUE(filled.ok()) << filled;
  BreakCluster(seed, kFaultsAtLeast, tally, findings);
  std::cerr << tally.Table();
  EXPECT_GE(tally.total(), kFaultsAtLeast);
  EXPECT_EQ(findings.count(), 0) << findings.Text();
}

}  // namespace
}  // namespace bxb::chaos
