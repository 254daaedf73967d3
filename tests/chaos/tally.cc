#include "chaos/tally.h"

#include <fmt/format.h>

namespace bxb::chaos {

const char* Name(Fault fault) {
  switch (fault) {
    case Fault::kTerminateBackend:
      return "one backend terminated";
    case Fault::kTerminateAllBackends:
      return "all writers' backends terminated";
    case Fault::kCrashBackend:
      return "backend killed with -9, server restarts itself";
    case Fault::kCrashServer:
      return "server killed with -9, started again";
    case Fault::kFailOver:
      return "primary killed, standby promoted";
    case Fault::kCutBeforeData:
      return "socket cut before the data";
    case Fault::kCutInsideData:
      return "socket cut inside the data";
    case Fault::kCutAfterEndMarker:
      return "socket cut behind the end marker";
    case Fault::kCutBeforeReply:
      return "socket cut between COMMIT and its reply";
    case Fault::kCutEverything:
      return "all sockets of a proxy cut";
    case Fault::kStallConnections:
      return "sockets half open for a while";
    case Fault::kFreezePrimary:
      return "primary frozen for a while";
    case Fault::kFreezeStandby:
      return "synchronous standby frozen for a while";
    case Fault::kCrashPgBouncer:
      return "PgBouncer killed with -9, started again";
    case Fault::kFillDisk:
      return "disk full for a while";
  }
  return "";
}

std::string Tally::Table() const {
  std::string table;
  for (std::size_t kind = 0; kind < kFaults; ++kind) {
    table += fmt::format("{:>6}  {}\n", counts_[kind], Name(static_cast<Fault>(kind)));
  }
  return table + fmt::format("{:>6}  in all\n", total());
}

}  // namespace bxb::chaos
