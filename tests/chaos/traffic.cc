#include "chaos/traffic.h"

#include <fmt/format.h>

#include <iostream>
#include <sstream>
#include <utility>

#include "chaos/table_check.h"
#include "pq/connection.h"

namespace bxb::chaos {
namespace {

constexpr int kEventsPerSecond = 1000;  // of each producer
constexpr std::size_t kOutstanding = 400;
constexpr absl::Duration kPatience = absl::Seconds(90);

}  // namespace

WriterOptions ChaosOptions(const std::string& dsn) {
  return {.dsn = dsn,
          .create_table = true,
          .lanes = 2,
          .batch_rows = 300,
          .batch_bytes = 96 << 10,
          .memory_bytes = 768 << 10,
          .dedup_cache_bytes = 256 << 10,
          .write_timeout = absl::Seconds(1),
          .connect_timeout = absl::Seconds(5),
          .commit_timeout = absl::Minutes(1),
          .application_name = "chaos"};
}

absl::Status RefuseSpam(const std::string& dsn) {
  const auto deadline = pq::After(kPatience);
  auto connection = pq::Connection::Open(dsn, "test", deadline);
  if (!connection.ok()) return connection.status();
  return connection->Query(fmt::format("ALTER TABLE events ADD CHECK (code <> '{}')", kSpam), deadline).status();
}

Traffic::Traffic(std::vector<EventWriter*> writers, int producers, std::uint64_t seed, Findings& findings)
    : writers_(std::move(writers)), findings_(findings) {
  for (int id = 0; id < producers; ++id) {
    const auto number = static_cast<std::size_t>(id);
    producers_.push_back(
        std::make_unique<Producer>(Producer::Settings{.id = id,
                                                      .seed = seed + number,
                                                      .home = writers_[number % writers_.size()],
                                                      .other = writers_[(number + 1) % writers_.size()],
                                                      .events_per_second = kEventsPerSecond,
                                                      .outstanding = kOutstanding},
                                   findings_));
  }
}

void Traffic::End(const std::string& dsn) {
  AwaitProducers();
  CloseWriters();
  for (const auto& producer : producers_) producer->Stop();
  CheckTable(dsn, producers_, findings_);
}

void Traffic::AwaitProducers() {
  for (const auto& producer : producers_) producer->Finish();
  for (const auto& producer : producers_) {
    if (!producer->AwaitEnd(kPatience)) findings_.Add(fmt::format("producer {} has no end", producer->id()));
  }
}

void Traffic::CloseWriters() {
  for (EventWriter* writer : writers_) {
    const FlushReport report = writer->Close(kPatience);
    const WriterStats stats = writer->stats();
    const bool adds_up = stats.pending == 0 && stats.accepted == stats.inserted + stats.duplicates + stats.rejected +
                                                                     stats.unknown + stats.pending;
    std::ostringstream text;
    text << stats;
    std::cerr << "      " << text.str() << "\n";
    if (report.unresolved != 0 || !adds_up) findings_.Add("after Close: " + text.str());
  }
}

}  // namespace bxb::chaos
