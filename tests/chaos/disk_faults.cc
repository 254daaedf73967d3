#include "chaos/disk_faults.h"

#include <fmt/format.h>

#include <atomic>
#include <string_view>

#include "bxb/testing/ephemeral_postgres.h"
#include "chaos/cluster.h"
#include "chaos/small_disk.h"
#include "chaos/traffic.h"
#include "support/socket_proxy.h"

namespace bxb::chaos {
namespace {

using testing::CutPoint;

constexpr int kMegabytes = 64;
constexpr int kProducers = 2;
constexpr absl::Duration kPatience = absl::Seconds(60);

/// A server whose tables are on a small disk, and a writer that counts how often it is told so.
class DiskArena {
 public:
  DiskArena(SmallDisk& disk, Tally& tally) : disk_(disk), tally_(tally) {}

  absl::Status Start() {
    auto server = testing::EphemeralPostgres::Start({.timeout = kPatience});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    proxy_.emplace(server_->dir());
    const absl::Status made =
        server_->Query(fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk_.folder())).status();
    return made.ok() ? server_->Query("ALTER DATABASE postgres SET default_tablespace = small").status() : made;
  }

  absl::StatusOr<std::unique_ptr<EventWriter>> OpenWriter() {
    WriterOptions options = ChaosOptions(proxy_->dsn());
    options.log = [this](LogLevel, std::string_view line) {
      if (line.find("53100") != std::string_view::npos) ++told_full_;
    };
    return EventWriter::Open(options);
  }

  absl::Status FillOnce(EventWriter& writer) {
    const int told_before = told_full_;
    if (absl::Status filled = disk_.Fill(); !filled.ok()) return filled;
    tally_.Add(Fault::kFillDisk);
    const bool told = Await([&] { return told_full_ > told_before; }, kPatience);
    if (!told) return absl::DeadlineExceededError("the server does not say that its disk is full");
    absl::Status status = Cut(Fault::kCutInsideData, CutPoint::kInsideData);
    if (!status.ok()) return status;
    if (status = disk_.Free(); !status.ok()) return status;
    status = Cut(Fault::kCutBeforeReply, CutPoint::kBeforeReply);
    if (!status.ok()) return status;
    const std::uint64_t wanted = writer.stats().inserted + kProgress;
    const bool goes_on = Await([&] { return writer.stats().inserted >= wanted; }, kPatience);
    return goes_on ? absl::OkStatus() : absl::DeadlineExceededError("nothing is stored though the disk has room");
  }

  std::string dsn() const { return server_->dsn(); }

 private:
  absl::Status Cut(Fault fault, CutPoint point) {
    const int before = proxy_->cuts(point);
    proxy_->CutNext(point);
    if (!proxy_->AwaitCuts(point, before + 1, kPatience)) return absl::DeadlineExceededError(Name(fault));
    tally_.Add(fault);
    return absl::OkStatus();
  }

  SmallDisk& disk_;
  Tally& tally_;
  std::atomic<int> told_full_ = 0;
  std::unique_ptr<testing::EphemeralPostgres> server_;
  std::optional<testing::SocketProxy> proxy_;
};

absl::Status RunOn(SmallDisk& disk, int rounds, std::uint64_t seed, Tally& tally, Findings& findings) {
  DiskArena arena(disk, tally);
  if (absl::Status started = arena.Start(); !started.ok()) return started;
  auto writer = arena.OpenWriter();
  if (!writer.ok()) return writer.status();
  if (absl::Status checked = RefuseSpam(arena.dsn()); !checked.ok()) return checked;
  Traffic traffic({writer->get()}, kProducers, seed, findings);
  absl::Status status;
  for (int round = 0; round < rounds && status.ok(); ++round) status = arena.FillOnce(**writer);
  traffic.End(arena.dsn());
  return status;
}

}  // namespace

absl::Status FillDisks(int rounds, std::uint64_t seed, Tally& tally, Findings& findings) {
  return SmallDisk::With(kMegabytes, [&](SmallDisk& disk) { return RunOn(disk, rounds, seed, tally, findings); });
}

}  // namespace bxb::chaos
