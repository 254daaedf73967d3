#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "support/server.h"

namespace bxb::bench::report {

/// What an experiment measures on and with. It outlives the experiment.
struct Ground {
  /// The server that all experiments share, one after the other: each has its own schema (`Server(ground.server,
  /// ground.schema)`), and the settings of support/server.cc.
  RunningServer server;
  std::string schema;

  /// 1: as many rows as suit ten minutes for all experiments together on two cores.
  double scale = 1;

  /// A folder of the experiment's own, for files; the server cannot see it. Deleted afterwards.
  std::string folder;

  /// What benchmarks/peers/fetch has made.
  std::string peers;

  /// So many rows at scale 1: a multiple of a thousand, and two thousand at least.
  std::size_t Rows(std::size_t at_scale_1) const;

  /// Whether the server is a private one on this machine.
  bool private_server() const { return server.pid != 0; }

  /// An error with the reason for the page unless it is: for experiments that need servers of their own, with settings,
  /// restarts or replicas. On a user's server they do not run, lest one table compare two machines.
  absl::Status RequirePrivateServer() const;

  /// The path of a file or folder in `peers`; an error with fetch's reason where it is not there.
  absl::StatusOr<std::string> Peer(std::string_view part, std::string_view file) const;
};

}  // namespace bxb::bench::report
