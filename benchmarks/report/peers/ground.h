#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "report/ground.h"
#include "support/contender.h"
#include "support/events.h"
#include "support/server.h"

namespace bxb::bench::report {

inline constexpr std::size_t kPeerBatchRows = 10'000;  ///< a message and a commit each
inline constexpr int kPeerConnections = 2;             ///< where there can be more than one

/// What all peers have in common. Contenders hold it.
struct PeerGround {
  explicit PeerGround(const Ground& of_report);

  const Ground report;
  Server server;
  const std::size_t rows;
  const std::size_t pipelined_rows;  ///< fewer, for those who are slow
  const std::size_t pgbench_rows;    ///< the same for each client
  const Events events;
  const EncodedEvents encoded;
  const EncodedEvents encoded_sorted;  ///< each batch by key, as bxb sorts it

  /// All rows in files, for programs.
  std::string csv_file() const { return report.folder + "/events.csv"; }
  std::string binary_file() const { return report.folder + "/events.copy"; }

  std::string dedup() const { return server.NameOf(Table::kDedup); }
  std::string seed() const { return server.NameOf(Table::kSeed); }
};

using SharedPeerGround = std::shared_ptr<PeerGround>;

inline constexpr int kPgbenchClients = 32;

/// By libpq: pipelined_insert, unnest, staging.
std::vector<Contender> InsertPeers(const SharedPeerGround& ground);

/// By libpqxx: libpqxx/1 and /2.
std::vector<Contender> LibpqxxPeers(const SharedPeerGround& ground);

/// Programs of their own: pgbench, pgx, timescaledb_parallel_copy, adbc.
std::vector<Contender> ProgramPeers(const SharedPeerGround& ground);

/// psql's \copy into that table.
Contender PsqlPeer(const SharedPeerGround& ground, std::string name, std::string table);

}  // namespace bxb::bench::report
