#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bxb/reader.h"
#include "reader/usage_events.h"
#include "support/server.h"

namespace bxb::bench::reader {

/// Lines of postgresql.conf for every server here, besides support/server.h's own.
const std::map<std::string, std::string>& ServerSettings();

/// A primary and two streaming replicas of it, on this machine. `events()` holds events, which never change;
/// `written()` is for those who write.
class Trio {
 public:
  static constexpr int kReplicas = 2;

  Trio(const UsageEvents& made, int events);

  Server& primary() { return primary_; }
  std::string replica_dsn(std::size_t number) const { return replicas_[number]->dsn(); }

  std::string events() const { return primary_.NameOf(Table::kSeed); }
  std::string written() const { return primary_.NameOf(Table::kDedup); }

  /// The primary, and so many of the replicas.
  std::vector<Endpoint> endpoints(std::size_t replicas = kReplicas) const;

  /// A reader of these servers, for usage of `events()`; `sessions` to each of them.
  std::unique_ptr<Reader> OpenReader(ReadPolicy policy, std::size_t replicas = kReplicas, int sessions = 4) const;

  /// A writer of `written()`, which is emptied first; the replicas have seen that.
  std::unique_ptr<EventWriter> OpenEmptied();

 private:
  Server primary_;
  std::vector<std::unique_ptr<testing::EphemeralPostgres>> replicas_;
};

}  // namespace bxb::bench::reader
