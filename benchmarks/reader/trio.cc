#include "reader/trio.h"

#include <fmt/format.h>

#include <iostream>
#include <utility>

#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::reader {

const std::map<std::string, std::string>& ServerSettings() {
  static const std::map<std::string, std::string> settings = {{"shared_buffers", "512MB"},
                                                              {"work_mem", "64MB"},
                                                              {"maintenance_work_mem", "256MB"},
                                                              {"effective_cache_size", "4GB"},
                                                              {"random_page_cost", "1.1"}};
  return settings;
}

// Filled before there are replicas: so they begin with all of it.
Trio::Trio(const UsageEvents& made, int events) : primary_("", ServerSettings()) {
  Fill(*OpenWriter({.dsn = primary_.dsn(), .table = this->events()}), made, static_cast<std::uint64_t>(events),
       "events");
  primary_.session().Run("VACUUM ANALYZE " + this->events());
  primary_.Checkpoint();
  for (int i = 1; i <= kReplicas; ++i) {
    std::cerr << fmt::format("replica {}: starts\n", i);
    testing::EphemeralPostgresOptions options;
    options.timeout = kLong;
    replicas_.push_back(Must(primary_.own()->StartStandby(fmt::format("replica{}", i), options)));
  }
}

std::vector<Endpoint> Trio::endpoints(std::size_t replicas) const {
  std::vector<Endpoint> endpoints = {{.dsn = primary_.dsn()}};
  for (std::size_t i = 0; i < replicas; ++i) endpoints.push_back({.dsn = replicas_[i]->dsn()});
  return endpoints;
}

std::unique_ptr<Reader> Trio::OpenReader(ReadPolicy policy, std::size_t replicas, int sessions) const {
  ReaderOptions options;
  options.endpoints = endpoints(replicas);
  options.table = events();
  options.policy = policy;
  options.sessions_per_endpoint = sessions;
  return Must(Reader::Open(options));
}

std::unique_ptr<EventWriter> Trio::OpenEmptied() {
  primary_.session().Run("TRUNCATE " + written());
  primary_.Checkpoint();
  for (const auto& replica : replicas_) Must(replica->WaitForReplay(*primary_.own(), kLong));
  return OpenWriter({.dsn = primary_.dsn(), .table = written()});
}

}  // namespace bxb::bench::reader
