#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bxb/outcome.h"
#include "pq/connection.h"
#include "write/incarnation.h"

namespace bxb::write {

/// What a server says behind a COMMIT.
struct Acknowledgement {
  Outcome outcome;  ///< kInserted, with the position and the durability that it proves
  Incarnation server;
};

/// Reads the row that a CommitPlan's SELECT returns: position, synchronous_commit, whether there are synchronous
/// standbys, fsync, the WAL file, the start of the server.
absl::StatusOr<Acknowledgement> AcknowledgementOf(const pq::Rows& rows);

/// An Outcome or a FlushReport stands for this token too from now on.
void RaiseToken(auto& report, const ReadToken& to) {
  ReadToken token = report.token();
  token.Raise(to);
  report.lsn = token.lsn;
  report.timeline = token.timeline;
}

/// What a commit under these settings proves.
Durability DurabilityOf(const std::string& synchronous_commit, bool has_synchronous_standbys, bool fsync);

}  // namespace bxb::write
