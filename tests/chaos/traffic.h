#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bxb/writer.h"
#include "chaos/findings.h"
#include "chaos/producer.h"

namespace bxb::chaos {

/// After a fault so many events are to be stored before the next one comes; not one, since it may be of before.
inline constexpr std::uint64_t kProgress = 50;

/// Small batches, so that there are many commits; little memory, so that writes block during an outage.
WriterOptions ChaosOptions(const std::string& dsn);

/// Adds the CHECK that refuses spam to the events table.
absl::Status RefuseSpam(const std::string& dsn);

/// Producers that keep writers busy; they have all of the writers in turn as their home.
class Traffic {
 public:
  Traffic(std::vector<EventWriter*> writers, int producers, std::uint64_t seed, Findings& findings);

  /// Brings everything on its way to its end, closes the writers, and compares the table on the server `dsn` with what
  /// the producers know.
  void End(const std::string& dsn);

 private:
  void AwaitProducers();
  void CloseWriters();

  const std::vector<EventWriter*> writers_;
  Findings& findings_;
  std::vector<std::unique_ptr<Producer>> producers_;
};

}  // namespace bxb::chaos
